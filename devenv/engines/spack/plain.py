"""A manifest as narrowing reads it: its specs as texts, and what its local files say beside its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from devenv.engines.spack.manifest import is_external, package_of, texts_in

_PLAIN = frozenset(
    {"specs", "definitions", "develop", "view", "concretizer", "packages", "config", "repos"}
    | {"mirrors", "env_vars", "modules", "upstreams"}
)
"""What a manifest may hold without more packages taking part than it names."""


def plain_manifest(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """`manifest` with its `specs` as texts, those of matrices and lists too, and its `packages` with
    those of included files of this machine. None where it holds more than that, or cannot be judged.
    """
    included = tuple(_included(manifest.get("include") or ()))
    files = [manifest, *(one for one in included if one is not None)]
    own = {name: value for name, value in manifest.items() if name != "include"}
    unknown = any(one is None for one in included) or any(
        set(one) - _PLAIN for one in (own, *files[1:])
    )
    packages = [one.get("packages") or {} for one in files]
    if unknown or not all(isinstance(one, Mapping) for one in packages):
        return None
    lists = manifest.get("definitions") or ()
    defined = [value for one in lists for name, value in one.items() if name != "when"]
    texts = texts_in([*(manifest.get("specs") or ()), *defined])
    # "$name" stands for a list, whose texts are there as well; so does "$^name".
    specs = [text for text in texts if not text.startswith("$")]
    return {**own, "specs": specs, "packages": _merged(packages)}


def _merged(packages: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What each file says of a package; what several say is a list."""
    names = dict.fromkeys(name for one in packages for name in one)
    said = {name: [one[name] for one in packages if name in one] for name in names}
    return {name: some[0] if len(some) == 1 else some for name, some in said.items()}


def _included(entries: Any) -> Iterator[Mapping[str, Any] | None]:
    """What each included file says; None for one that is not a file of this machine."""
    for entry in entries:
        files = _local_files(entry)
        yield from (None,) if files is None else map(_read, files)


def _local_files(entry: Any) -> list[Path] | None:
    """The files that an entry of ``include:`` means; None for one that is not of this machine."""
    path = entry.get("path") if isinstance(entry, Mapping) else entry
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    place = Path(path)
    return sorted(place.glob("*.yaml")) if place.is_dir() else [place]


def externals_of(plain: Mapping[str, Any]) -> frozenset[str]:
    """The packages that a plain manifest has as externals alone."""
    said = {name.removesuffix(":"): some for name, some in plain["packages"].items()}
    return frozenset(n for n, some in said.items() if any(is_external(one) for one in _each(some)))


def providers_of(plain: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Package or virtual -> the one package that a plain manifest requires for it by its name."""
    found: dict[str, tuple[str, ...]] = {}
    for name, some in plain["packages"].items():
        for one in _each(some):
            required = one.get("require") if isinstance(one, Mapping) else None
            texts = [required] if isinstance(required, str) else required
            if isinstance(texts, list) and len(texts) == 1 and package_of(texts[0]) == texts[0]:
                found.setdefault(name.removesuffix(":"), (texts[0],))
    return found


def _each(some: Any) -> list[Any]:
    return some if isinstance(some, list) else [some]


def included_files(manifest: Mapping[str, Any]) -> tuple[Path, ...]:
    """The files of this machine that a manifest with absolute paths includes."""
    entries = manifest.get("include") or ()
    files = (file for entry in entries for file in _local_files(entry) or ())
    return tuple(file for file in files if file.is_file())


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return data if isinstance(data, Mapping) else None
