"""The mechanisms of a compiled model, and the MOD files that they come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.environment import BuiltModel
from devenv.core.nmodl import mechanism
from devenv.models.stamp_file import stamp_of


@dataclass(frozen=True)
class CompiledMechanism:
    """name: of its MOD file, without the ending. inserted_as: "" where the file defines no mechanism.
    source: the MOD file that people edit. entry: what the model's stamp says of it."""

    name: str
    inserted_as: str
    source: str
    entry: dict[str, Any]


def mechanism_names(model: BuiltModel) -> list[str]:
    """By the names of their files and those that they are inserted by."""
    entries = _entries(model)
    return [*entries, *filter(None, (mechanism(_text(model, one)) for one in entries.values()))]


def find_mechanism(model: BuiltModel, name: str) -> CompiledMechanism | None:
    """By the name of its file, or else by the name that it is inserted by."""
    entries = _entries(model)
    entry = entries.get(name.removesuffix(".mod")) or next(
        (one for one in entries.values() if mechanism(_text(model, one)) == name), None
    )
    if entry is None:
        return None
    inserted_as = mechanism(_text(model, entry))
    return CompiledMechanism(entry["name"], inserted_as, _source(model, entry), entry)


def translated_sources(model: BuiltModel, found: CompiledMechanism) -> dict[str, Path]:
    """The C++ or C files that its MOD file was translated to, by the simulator: NEURON, CoreNEURON."""
    folder = Path(model.path, "cpp")
    files = [("NEURON", file) for file in sorted(folder.glob(f"{found.name}.c*"))[:1]]
    files.append(("CoreNEURON", folder / "coreneuron" / f"{found.name}.cpp"))
    return {simulator: file for simulator, file in files if file.is_file()}


def _entries(model: BuiltModel) -> dict[str, dict[str, Any]]:
    """By name. None where Spack's own prefix is the model, which has no stamp."""
    if not Path(model.path, "model.json").is_file():
        return {}
    return {entry["name"]: entry for entry in stamp_of(Path(model.path))["mechanisms"]}


def _source(model: BuiltModel, entry: dict[str, Any]) -> str:
    """The MOD file in the environment's own folders: the model may have been built for another one."""
    recorded = Path(entry.get("path", ""))
    if {str(recorded), str(recorded.parent)} & set(model.folders):
        return str(recorded)
    places = [Path(folder, recorded.name) for folder in model.folders]
    existing = [place for place in places if place.is_file()]
    same = (place for place in existing if place.read_bytes() == _content(model, entry))
    return str(next(same, existing[0] if existing else recorded))


def _text(model: BuiltModel, entry: dict[str, Any]) -> str:
    return _content(model, entry).decode("utf-8", "replace")


def _content(model: BuiltModel, entry: dict[str, Any]) -> bytes:
    """What was compiled. A model of Spack has no copy of its MOD files: those that it installed."""
    for path in (Path(model.path, "mod", f"{entry['name']}.mod"), Path(entry.get("path", ""))):
        if path.is_file():
            return path.read_bytes()
    return b""
