"""Settings, and where each value came from: default < site < user < environment < command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from devenv.core.errors import UsageError


@dataclass(frozen=True)
class SpackSettings:
    """Which Spack is taken. url, packages_url: of the repositories. ref, packages_ref: a commit, which
    is verified, or a branch or tag. packages_url empty: the recipes are the core's own, as in 0.2x.

    root, packages_root: of a Spack and of recipes that are there already, and used as they are.
    """

    url: str = "https://github.com/spack/spack.git"
    ref: str = "2e907202bcc8209a6a62243aab50c179b524cc3b"  # v1.1.0
    packages_url: str = "https://github.com/spack/spack-packages.git"
    packages_ref: str = "119680aeee8ea802c6111b7167583bddef97e82f"  # v2025.11.0
    root: str = ""
    packages_root: str = ""


@dataclass(frozen=True)
class Settings:
    """home: $DEVENV_HOME, absolute. jobs: processes at once, 0 for one a core. stores: folders like home
    whose NEURON and models are used, and never written to. engine: of new environments, empty for
    devenv's choice. site: the name of a site file, or its path, empty for none.

    sources: for each of them the file, variable or option that it came from, or "default".
    """

    home: Path
    jobs: int
    sources: Mapping[str, str]
    stores: tuple[Path, ...] = ()
    engine: str = ""
    site: str = ""
    spack: SpackSettings = field(default_factory=SpackSettings)


@dataclass(frozen=True)
class _File:
    """A config.yaml. What it leaves out is at its default here and is not taken from it."""

    home: str = ""
    jobs: int = 0
    stores: tuple[str, ...] = ()
    engine: str = ""
    site: str = ""
    spack: SpackSettings = field(default_factory=SpackSettings)


def load_settings(
    environ: Mapping[str, str], cwd: Path, options: Mapping[str, object] | None = None
) -> Settings:
    """The settings for this call. options: from the command line, by name; None: not given.

    Reads the site's and the user's config.yaml below $XDG_CONFIG_DIRS and $XDG_CONFIG_HOME.
    UsageError for an unknown key, a wrong value, and a home that HOC, PATH or a shebang cannot hold.
    """
    values: dict[str, Any] = {"jobs": 0, "stores": (), "engine": "", "site": "", "spack": {}}
    sources = dict.fromkeys(("home", "jobs", "stores"), "default")
    for source, layer in _layers(environ, options or {}):
        for name, value in layer.items():
            together = {**values["spack"], **value} if name == "spack" else value
            values[name], sources[name] = together, source
    home = values.get("home") or _default_home(environ)
    return Settings(
        _checked_home(home, sources["home"], cwd, environ),
        _checked_jobs(values["jobs"], sources["jobs"]),
        sources,
        _stores(values["stores"], cwd),
        values["engine"],
        values["site"],
        SpackSettings(**values["spack"]),
    )


def _layers(
    environ: Mapping[str, str], options: Mapping[str, object]
) -> list[tuple[str, dict[str, Any]]]:
    """Each source with what it sets, the weakest first."""
    site = [p for p in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if p.startswith("/")]
    folders = [*map(Path, reversed(site)), _folder(environ, "XDG_CONFIG_HOME", ".config")]
    files = [folder / "devenv" / "config.yaml" for folder in folders if folder]
    variables = {
        f"DEVENV_{name.upper()}": name for name in ("home", "jobs", "stores", "engine", "site")
    }
    given = {f"--{name}": {name: value} for name, value in options.items() if value is not None}
    return [
        *((str(path), _file(path)) for path in files),
        *((f"${v}", {name: environ[v]}) for v, name in variables.items() if environ.get(v)),
        *_spack_variables(environ),
        *given.items(),
    ]


def _spack_variables(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """$DEVENV_SPACK_URL and its like."""
    names = {f"DEVENV_SPACK_{one.name.upper()}": one.name for one in fields(SpackSettings)}
    return [(f"${v}", {"spack": {n: environ[v]}}) for v, n in names.items() if environ.get(v)]


def _file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}", fix="Mend or remove it.") from None
    # YAML and its decoder are imported only by those who have such a file: start-up counts.
    from devenv.config.decode import decode
    from devenv.config.yaml_text import parse_yaml

    data = parse_yaml(text, str(path))
    decode(_File, data, str(path))
    return dict(data or {})


def _default_home(environ: Mapping[str, str]) -> str:
    folder = _folder(environ, "XDG_DATA_HOME", ".local/share")
    if folder is None:
        raise _homeless("devenv's home follows from $HOME")
    return str(folder / "devenv")


def _folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    """A folder of the XDG Base Directory Specification, by which a relative value is ignored.

    None without a $HOME. Not platformdirs': on macOS its folder has a blank in it, which HOC cannot
    hold.
    """
    value = environ.get(variable, "")
    if value.startswith("/"):
        return Path(value)
    return Path(environ["HOME"], below_home) if environ.get("HOME") else None


def _homeless(what: str) -> UsageError:
    return UsageError(
        f"{what}, which is not set", fix="Set DEVENV_HOME to the whole path of a folder of yours."
    )


def _checked_home(value: str, source: str, cwd: Path, environ: Mapping[str, str]) -> Path:
    if re.match(r"~(/|$)", value):
        if not environ.get("HOME"):
            raise _homeless(f"devenv's home {value!r} ({source}) follows from $HOME")
        value = environ["HOME"] + value[1:]
    home = Path(cwd, value)
    bad = re.search(r"[\s:]", str(home))
    if bad:
        what = {":": "a ':'", "\n": "a newline"}.get(bad.group(), "a blank")
        raise UsageError(
            f"devenv's home {str(home)!r} ({source}) has {what} in it: NEURON's HOC look-up and PATH"
            " split there and find nothing",
            fix="Set DEVENV_HOME to a folder whose whole path has no blank and no ':'.",
        )
    return home


def _stores(value: str | list[str] | tuple[str, ...], cwd: Path) -> tuple[Path, ...]:
    """From a file a list, from the variable a path list."""
    listed = value.split(":") if isinstance(value, str) else value
    return tuple(Path(cwd, folder) for folder in listed if folder)


def _checked_jobs(value: object, source: str) -> int:
    try:
        jobs = int(str(value))
    except ValueError:
        jobs = -1
    if jobs < 0:
        raise UsageError(
            f"the number of jobs is {str(value)!r} ({source})",
            fix="Give a whole number, or 0 for one a core.",
        )
    return jobs
