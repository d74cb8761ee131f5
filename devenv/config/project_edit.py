"""Edits requirements and folders in a devenv.yaml. Comments and everything else are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devenv.config.yaml_edit import with_values
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError
from devenv.core.names import unknown
from devenv.core.requirements import requirement_name


def with_specs(text: str, specs: Mapping[str, str], where: str, name: Callable[[str], str]) -> str:
    """`text` with these conda packages (name -> spec), each in place of another spec of its package."""
    left = dict(specs)
    kept = [left.pop(name(one), one) for one in _packages(text, where, "conda")]
    return with_values(text, {"conda": [*kept, *left.values()]}, where, lambda one: name(str(one)))


def without_specs(text: str, names: Sequence[str], where: str, name: Callable[[str], str]) -> str:
    """`text` without these conda packages. UsageError for one that it does not have."""
    present = {name(one): one for one in _packages(text, where, "conda")}
    for one in names:
        if one not in present:
            raise unknown("package", one, present, where)
    kept = [spec for one, spec in present.items() if one not in names]
    return with_values(text, {"conda": kept}, where, lambda one: name(str(one)))


def with_requirements(text: str, requirements: Sequence[str], where: str) -> str:
    """`text` with these requirements; each replaces one on the same package.

    A requirement on NEURON goes to the key `neuron`. UsageError for an invalid requirement.
    """
    names = {requirement_name(one, "add"): one for one in requirements}
    neuron = [one for name, one in names.items() if _is_neuron(name)]
    packages = {name: one for name, one in names.items() if not _is_neuron(name)}
    values: dict[str, Any] = {"neuron": neuron[-1]} if neuron else {}
    if packages:
        present = _packages(text, where)
        kept = [packages.pop(requirement_name(one), one) for one in present]
        values["packages"] = [*kept, *packages.values()]
    return with_values(text, values, where, _requirement)


def without_packages(text: str, names: Sequence[str], where: str) -> str:
    """`text` without the requirements on these packages. UsageError for a package that is not in it."""
    present = {requirement_name(one): one for one in _packages(text, where)}
    gone = [requirement_name(name, "remove-package") for name in names]
    for name in gone:
        if name not in present:
            raise unknown("package", name, present, where)
    kept = [one for name, one in present.items() if name not in gone]
    return with_values(text, {"packages": kept}, where, _requirement)


def with_mods(text: str, folders: Sequence[str], where: str) -> str:
    """`text` with folders of the project, as relative paths, after the `mods` of its model."""
    present = _mods(text, where)
    known = [one.get("path") for one in present if isinstance(one, dict)]
    new = [{"path": one} for one in folders if one not in known]
    if "model" not in (parse_yaml(text, where) or {}):
        lines = "".join(f"    - path: {_quoted(one['path'])}\n" for one in new)
        return f"{text.rstrip()}\nmodel:\n  mods:\n{lines}"
    return with_values(text, {"mods": [*present, *new]}, where, _folder, below="model")


def without_mods(text: str, folders: Sequence[str], where: str) -> str:
    """`text` without these `mods`. UsageError for a folder that is not among them."""
    present = _mods(text, where)
    own = [one["path"] for one in present if not (one.get("package") or one.get("url"))]
    for folder in folders:
        if folder not in own:
            raise unknown("folder", folder, own, where)
    kept = [one for one in present if one.get("path") not in folders or one.get("package")]
    return with_values(text, {"mods": kept}, where, _folder, below="model")


def _packages(text: str, where: str, key: str = "packages") -> list[str]:
    return list((parse_yaml(text, where) or {}).get(key) or ())


def _mods(text: str, where: str) -> list[dict[str, Any]]:
    model = (parse_yaml(text, where) or {}).get("model") or {}
    return list(model.get("mods") or ())


def _is_neuron(name: str) -> bool:
    return name == "neuron" or name.startswith("neuron-")


def _requirement(item: Any) -> str:
    """The identity of a requirement in a list: its package."""
    try:
        return requirement_name(str(item))
    except UsageError:
        return str(item)


def _folder(item: Any) -> str:
    keys = ("package", "url", "ref", "path", "when")
    return (
        "\0".join(str(item.get(key, "")) for key in keys) if isinstance(item, dict) else str(item)
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
