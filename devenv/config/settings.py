"""Settings, and where each value came from: default < site < user < environment < command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """home: $DEVENV_HOME, absolute. jobs: processes at once, 0 for one a core. stores: folders like home
    whose NEURON and models are used, and never written to. proof: whether generations have every rank
    prove, before it simulates, that this is the run that was meant.

    sources: for each of them the file, variable or option that it came from, or "default".
    """

    home: Path
    jobs: int
    sources: Mapping[str, str]
    stores: tuple[Path, ...] = ()
    proof: bool = True


@dataclass(frozen=True)
class _File:
    """A config.yaml. What it leaves out is at its default here and is not taken from it."""

    home: str = ""
    jobs: int = 0
    stores: tuple[str, ...] = ()
    proof: bool = True


def load_settings(
    environ: Mapping[str, str], cwd: Path, options: Mapping[str, object] | None = None
) -> Settings:
    """The settings for this call. options: from the command line, by name; None: not given.

    Reads the site's and the user's config.yaml below $XDG_CONFIG_DIRS and $XDG_CONFIG_HOME.
    UsageError for an unknown key, a wrong value, and a home that HOC, PATH or a shebang cannot hold.
    """
    values: dict[str, Any] = {"jobs": 0, "stores": (), "proof": True}
    sources = dict.fromkeys(("home", *values), "default")
    for source, layer in _layers(environ, options or {}):
        for name, value in layer.items():
            values[name], sources[name] = value, source
    home = values.get("home") or _default_home(environ)
    checked = _checked_home(home, sources["home"], cwd, environ)
    jobs = _checked_jobs(values["jobs"], sources["jobs"])
    stores = _stores(values["stores"], cwd)
    return Settings(checked, jobs, sources, stores, values["proof"])


def _layers(
    environ: Mapping[str, str], options: Mapping[str, object]
) -> list[tuple[str, dict[str, Any]]]:
    """Each source with what it sets, the weakest first."""
    site = [p for p in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if p.startswith("/")]
    folders = [*map(Path, reversed(site)), _folder(environ, "XDG_CONFIG_HOME", ".config")]
    files = [folder / "devenv" / "config.yaml" for folder in folders if folder]
    variables = {"DEVENV_HOME": "home", "DEVENV_JOBS": "jobs", "DEVENV_STORES": "stores"}
    given = {f"--{name}": {name: value} for name, value in options.items() if value is not None}
    return [
        *((str(path), _file(path)) for path in files),
        *((f"${v}", {name: environ[v]}) for v, name in variables.items() if environ.get(v)),
        *given.items(),
    ]


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
