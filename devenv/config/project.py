"""devenv.yaml, the environment of a project. The file is untrusted, since it comes with a clone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import yaml

from devenv.config.decode import decode
from devenv.config.project_file import project_bytes
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError
from devenv.core.names import checked_name, normalise_name
from devenv.core.project import ProjectKeys
from devenv.core.requirements import requirement_name
from devenv.core.template import Folder, Template

_DEEPEST = 12
_OWN = tuple(one.name for one in fields(ProjectKeys))


def project_data(path: Path) -> dict[str, Any]:
    """The keys of a project file. UsageError for invalid YAML, and for aliases and deep nesting."""
    try:
        text = project_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not valid UTF-8", fix="Save it as UTF-8.") from None
    _check_events(text, str(path))
    data = parse_yaml(text, str(path))
    if data is not None and not isinstance(data, dict):
        raise UsageError(
            f"{path}: expected keys with values", fix="Begin with: neuron: neuron==9.0.2"
        )
    return data or {}


def _check_events(text: str, where: str) -> None:
    """UsageError for aliases, which can expand a few lines to gigabytes, and for deep nesting, which can
    exhaust the stack."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
                what = "an alias" if isinstance(event, yaml.AliasEvent) else "too many levels"
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise UsageError(f"{where}, line {line}: {what}", fix="Write it out, and flat.")
    except (yaml.YAMLError, RecursionError):
        return  # parse_yaml reports the error, with the line


def project_keys(data: Mapping[str, Any], where: str) -> ProjectKeys:
    """The keys of a project that a template does not have."""
    own = decode(ProjectKeys, {k: v for k, v in data.items() if k in _OWN}, where)
    for index, one in enumerate(own.develop):
        at = f"{where}, at develop[{index}]"
        checked_name(one.package, f"a package ({at})")
        if bool(one.path) == bool(one.git):
            raise UsageError(f"{at}: give one of path and git", fix="Such as: path: .")
        if one.git and not is_repository(one.git, one.branch):
            raise UsageError(f"{at}: {one.git!r} is not an address of git", fix="Write https://…")
    return own


def template_data(data: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A project's keys merged with those of the template that it starts from (`base`).

    Lists are concatenated, the project's first; mappings are merged; other values replace those of the
    template. Of two requirements on one package, the project's is used. With Spack specs or conda
    packages, the template needs no NEURON.
    """
    own = {name: value for name, value in data.items() if name not in _OWN}
    merged = _merged(dict(base), own)
    named = {_distribution(one) for one in own.get("packages") or ()}
    theirs = [one for one in base.get("packages") or () if _distribution(one) not in named]
    if "packages" in own or "packages" in base:
        merged["packages"] = [*(own.get("packages") or ()), *theirs]
    neuron = {"neuron": ""} if any(map(merged.get, ("spack", "conda", "channels"))) else {}
    return {"summary": "", "packages": [], **neuron, **merged}


def _distribution(requirement: object) -> str:
    try:
        return requirement_name(str(requirement))
    except UsageError:
        return str(requirement)  # the template's own check reports the error


def _merged(base: Any, own: Any) -> Any:
    if isinstance(base, dict) and isinstance(own, dict):
        both = {name: _merged(base[name], own[name]) for name in base.keys() & own.keys()}
        return {**base, **own, **both}
    if isinstance(base, list) and isinstance(own, list):
        return [*own, *(one for one in base if one not in own)]
    return own


def known_packages(template: Template, developed: Iterable[str] = ()) -> frozenset[str]:
    """The packages that need no catalogue entry: those that are required, described or developed."""
    required = (_distribution(one) for one in template.packages)
    return frozenset((*required, *map(normalise_name, (*template.catalogue, *developed))))


def with_places(data: Mapping[str, Any], place: Callable[[str], Path]) -> dict[str, Any]:
    """A template's keys with absolute paths of folders that are relative to the file.

    place: converts a written path to an absolute one.
    """
    channels = data.get("channels")
    if isinstance(channels, list):
        data = {**data, "channels": [_channel(one, place) for one in channels]}
    model = data.get("model")
    if not isinstance(model, dict):
        return dict(data)
    kinds = {name: model[name] for name in ("mods", "hoc") if isinstance(model.get(name), list)}
    return {
        **data,
        "model": {
            **model,
            **{n: [_with_place(one, place) for one in kind] for n, kind in kinds.items()},
        },
    }


def _channel(channel: Any, place: Callable[[str], Path]) -> Any:
    """A directory from its place beside the file; names and addresses as they are."""
    if not isinstance(channel, str) or "://" in channel or channel.startswith(("/", "~")):
        return channel
    beside = channel.startswith(".") or place(channel).is_dir()
    return str(place(channel).resolve()) if beside else channel


def _with_place(folder: Any, place: Callable[[str], Path]) -> Any:
    relative = isinstance(folder, dict) and not (folder.get("package") or folder.get("url"))
    if relative and isinstance(folder.get("path"), str):
        return {**folder, "path": str(place(folder["path"]))}
    return folder


def inside(file: Path, path: str) -> Path:
    """`path` relative to the folder of `file`, links resolved. UsageError if it is outside of that."""
    root = file.parent.resolve()
    if not (path.isprintable() and (root / path).resolve().is_relative_to(root)):
        raise UsageError(
            f"{file}: the path {path!r} leads out of the project's folder",
            fix="Name a folder in the project. One on this machine alone:"
            " devenv build --mods DIR, or devenv develop PACKAGE --path DIR",
        )
    return (root / path).resolve()


def is_repository(url: str, ref: str) -> bool:
    """Whether git would use these as an address and a ref, and not as an option or a remote helper."""
    return not (url.startswith("-") or ref.startswith("-") or "::" in url.partition("/")[0])


def with_commits(template: Template, commits: Mapping[str, str]) -> Template:
    """The template with each repository at its commit in the lock."""
    model = template.model
    if model is None or not commits:
        return template

    def at(folder: Folder) -> Folder:
        return replace(folder, ref=commits[folder.origin]) if folder.origin in commits else folder

    pin = model.repository
    if pin and pin.package in commits:
        pin = replace(pin, ref=commits[pin.package])
    mods, hoc = tuple(map(at, model.mods)), tuple(map(at, model.hoc))
    return replace(template, model=replace(model, mods=mods, hoc=hoc, repository=pin))
