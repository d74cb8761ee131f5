"""Simplifies a manifest for narrowing: its specs as strings, merged with the local files it includes."""

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
"""Keys of a manifest that add no packages beyond those that it names."""


def plain_manifest(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """`manifest` with all its `specs` as strings, including those in matrices and lists, and with the
    `packages` of local included files. None if it has other keys, or cannot be analysed.
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
    # "$name" and "$^name" refer to a list, whose specs are included already.
    specs = [text for text in texts if not text.startswith("$")]
    return {**own, "specs": specs, "packages": _merged(packages)}


def _merged(packages: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Package -> its entry, or a list of entries if several files have one."""
    names = dict.fromkeys(name for one in packages for name in one)
    entries = {name: [one[name] for one in packages if name in one] for name in names}
    return {name: some[0] if len(some) == 1 else some for name, some in entries.items()}


def _included(entries: Any) -> Iterator[Mapping[str, Any] | None]:
    """The contents of each included file; None for one that is not a local file."""
    for entry in entries:
        files = _local_files(entry)
        yield from (None,) if files is None else map(_read, files)


def _local_files(entry: Any) -> list[Path] | None:
    """The files of an entry of ``include:``; None if it is not local."""
    path = entry.get("path") if isinstance(entry, Mapping) else entry
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    place = Path(path)
    return sorted(place.glob("*.yaml")) if place.is_dir() else [place]


def externals_of(plain: Mapping[str, Any]) -> frozenset[str]:
    """The packages that a plain manifest has only as externals."""
    entries = {name.removesuffix(":"): some for name, some in plain["packages"].items()}
    return frozenset(
        n for n, some in entries.items() if any(is_external(one) for one in _each(some))
    )


def providers_of(plain: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Package or virtual -> the single package that a plain manifest requires for it."""
    providers: dict[str, tuple[str, ...]] = {}
    for name, some in plain["packages"].items():
        for one in _each(some):
            required = one.get("require") if isinstance(one, Mapping) else None
            texts = [required] if isinstance(required, str) else required
            if isinstance(texts, list) and len(texts) == 1 and package_of(texts[0]) == texts[0]:
                providers.setdefault(name.removesuffix(":"), (texts[0],))
    return providers


def _each(some: Any) -> list[Any]:
    return some if isinstance(some, list) else [some]


def included_files(manifest: Mapping[str, Any]) -> tuple[Path, ...]:
    """The local files that a manifest with absolute paths includes."""
    entries = manifest.get("include") or ()
    files = (file for entry in entries for file in _local_files(entry) or ())
    return tuple(file for file in files if file.is_file())


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return data if isinstance(data, Mapping) else None
