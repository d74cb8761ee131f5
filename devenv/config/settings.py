"""Settings, and the origin of each value.

default < site < user < project < environment < variables < command line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from devenv.config.project_file import name_exists
from devenv.core.errors import UsageError


@dataclass(frozen=True)
class SpackSettings:
    """Which Spack to use: the keys that begin with spack_.

    url, packages_url: of the repositories. ref, packages_ref: a commit, which is verified, or a branch
    or tag. root, packages_root: of an existing Spack and existing recipes, which are not changed.
    """

    url: str = "https://github.com/spack/spack.git"
    ref: str = "2e907202bcc8209a6a62243aab50c179b524cc3b"  # v1.1.0
    packages_url: str = "https://github.com/spack/spack-packages.git"
    packages_ref: str = "119680aeee8ea802c6111b7167583bddef97e82f"  # v2025.11.0
    root: str = ""
    packages_root: str = ""


@dataclass(frozen=True)
class Plain:
    """The settings whose values in a file are used unchanged.

    launcher, account, partition, constraint, time, modules (loaded before a job), srun_args (additional
    options for srun, sbatch and salloc), pbs_wrapper (runs a command in a PBS job and waits), max_wait:
    the defaults of options of a launch.

    proof: whether every rank checks, before it simulates, that this is the run that was requested.
    engine: of new environments; empty for devenv's choice. wheels: whether new environments of the
    Spack engine install NEURON and Python packages from wheels, or compile them. site: the name or path
    of a site file for the Spack engine; empty for none.
    """

    launcher: str = ""
    account: str = ""
    partition: str = ""
    constraint: str = ""
    time: str = ""
    modules: tuple[str, ...] = ()
    srun_args: tuple[str, ...] = ()
    pbs_wrapper: tuple[str, ...] = ()
    max_wait: str = ""
    proof: bool = True
    engine: str = ""
    wheels: bool = True
    site: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings(Plain):
    """home: $DEVENV_HOME, absolute. jobs: concurrent processes, 0 for one per core. stores: directories
    like home whose NEURON and models are used, and which devenv never writes to.

    sources: for each setting the file, variable or option that it came from, or "default".
    """

    home: Path
    jobs: int
    stores: tuple[Path, ...] = ()
    sources: Mapping[str, str]
    spack: SpackSettings = field(default_factory=SpackSettings)

    def value(self, key: str) -> Any:
        """The value of one of KEYS."""
        part = key.removeprefix(SPACK)
        return getattr(self, key) if part == key else getattr(self.spack, part)


SPACK = "spack_"
PLAIN = tuple(one.name for one in fields(Plain))
KEYS = ("home", "jobs", "stores", *PLAIN, *(SPACK + one.name for one in fields(SpackSettings)))
LISTS = ("stores", "modules", "srun_args", "pbs_wrapper")
SWITCHES = ("wheels",)
"""Booleans that can also be set by a variable."""
PROJECT_KEYS = ("account", "partition", "constraint", "time", "launcher", "max_wait")
"""The keys of a project's file. It comes with a clone, so it must not choose what is executed."""
PROJECT_FILE = ".devenv.yaml"

VARIABLES = {
    # Slurm's own: an option of ours on its command line would override them.
    "SLURM_ACCOUNT": "account",
    "SLURM_PARTITION": "partition",
    "SLURM_CONSTRAINT": "constraint",
    # An activation records its modules in $DEVENV_MODULES; each rank reads $DEVENV_PROOF.
    **{f"DEVENV_{name.upper()}": name for name in KEYS if name not in ("modules", "proof")},
}


Layer = Mapping[str, Any]
"""The settings from one source: some of KEYS."""


def load_settings(
    environ: Mapping[str, str],
    cwd: Path,
    options: Mapping[str, object] | None = None,
    environment: Path | None = None,
    read: dict[Path, Layer] | None = None,
) -> Settings:
    """The settings for this call. options: from the command line, by name; None: not given.

    environment: the directory of the environment, if it is known. read: the settings of files that were
    read before; newly read files are added.

    Reads the site's and the user's config.yaml below $XDG_CONFIG_DIRS and $XDG_CONFIG_HOME.
    UsageError for an unknown key, an invalid value, and a home that cannot be on HOC's path, on PATH or
    in a shebang.
    """
    values: dict[str, Any] = {}
    sources = dict.fromkeys(KEYS, "default")
    files = _read(config_files(environ, cwd, environment), {} if read is None else read)
    for source, layer in (*files, *_typed(environ, options or {})):
        for name, value in layer.items():
            values[name], sources[name] = value, source
    home = values.get("home") or _default_home(environ)
    given = {name: values[name] for name in PLAIN if name in values}
    words = {name: _words(given[name], sources[name]) for name in given if name in LISTS}
    switches = {name: _switch(given[name], sources[name]) for name in given if name in SWITCHES}
    spack = {n.removeprefix(SPACK): v for n, v in values.items() if n.startswith(SPACK) and v}
    return Settings(
        home=_checked_home(home, sources["home"], cwd, environ),
        jobs=_checked_jobs(values.get("jobs", 0), sources["jobs"]),
        stores=_stores(values.get("stores", ()), cwd),
        sources=sources,
        spack=SpackSettings(**spack),
        **{**given, **words, **switches},
    )


def _read(files: Iterable[Path], read: dict[Path, Layer]) -> Iterator[tuple[str, Layer]]:
    """Each file with its settings; no file is read twice."""
    for path in files:
        if path not in read:
            read[path] = layer_of(path)
        yield str(path), read[path]


def _typed(
    environ: Mapping[str, str], options: Mapping[str, object]
) -> Iterator[tuple[str, Layer]]:
    """Each variable and option with its settings, lowest precedence first."""
    for variable, name in VARIABLES.items():
        if environ.get(variable):
            yield f"${variable}", {name: environ[variable]}
    for name, value in options.items():
        if value is not None:
            yield f"--{name}", {name: value}


def config_files(
    environ: Mapping[str, str], cwd: Path, environment: Path | None = None
) -> tuple[Path, ...]:
    """The files of settings, lowest precedence first, whether they exist or not."""
    site = [p for p in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if p.startswith("/")]
    folders = [*map(Path, reversed(site)), _folder(environ, "XDG_CONFIG_HOME", ".config")]
    files = [folder / "devenv" / "config.yaml" for folder in folders if folder]
    project = project_file(cwd)
    last = environment / "config.yaml" if environment else None
    return (*files, *filter(None, (project, last)))


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's config.yaml; UsageError if $HOME is not set."""
    folder = _folder(environ, "XDG_CONFIG_HOME", ".config")
    if folder is None:
        raise _homeless("the location of your settings depends on $HOME")
    return folder / "devenv" / "config.yaml"


def project_file(cwd: Path) -> Path | None:
    """The nearest .devenv.yaml in `cwd` and its parents, up to the root of the repository; or None."""
    for folder in (cwd, *cwd.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder / PROJECT_FILE
        if (folder / ".git").exists():
            break
    return None


def layer_of(path: Path) -> Layer:
    """The settings of one file; UsageError if it is not valid."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}", fix="Fix or remove it.") from None
    if not text.strip():
        return {}
    # Start-up time: YAML and its decoder are imported only if there is such a file.
    from devenv.config.settings_file import parsed_layer

    return parsed_layer(text, path)


def _default_home(environ: Mapping[str, str]) -> str:
    folder = _folder(environ, "XDG_DATA_HOME", ".local/share")
    if folder is None:
        raise _homeless("devenv's home depends on $HOME")
    return str(folder / "devenv")


def _folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    """A directory of the XDG Base Directory Specification, which ignores relative values.

    None if $HOME is not set. This is not platformdirs: its directory on macOS contains a blank, which
    HOC cannot handle.
    """
    value = environ.get(variable, "")
    if value.startswith("/"):
        return Path(value)
    return Path(environ["HOME"], below_home) if environ.get("HOME") else None


def _homeless(what: str) -> UsageError:
    return UsageError(
        f"{what}, which is not set",
        fix="Set DEVENV_HOME to the absolute path of a directory of yours.",
    )


def _checked_home(value: str, source: str, cwd: Path, environ: Mapping[str, str]) -> Path:
    if re.match(r"~(/|$)", value):
        if not environ.get("HOME"):
            raise _homeless(f"devenv's home {value!r} ({source}) depends on $HOME")
        value = environ["HOME"] + value[1:]
    home = Path(cwd, value)
    bad = re.search(r"[\s:;]", str(home))
    if bad:
        what = {":": "a ':'", ";": "a ';'", "\n": "a newline"}.get(bad.group(), "a blank")
        raise UsageError(
            f"devenv's home {str(home)!r} ({source}) contains {what}: it splits NEURON's search paths"
            " and PATH",
            fix="Set DEVENV_HOME to a directory whose absolute path has no blank, ':' or ';'.",
        )
    if file := _in_the_way(home):
        raise UsageError(
            f"devenv's home {str(home)!r} ({source}) cannot be: {file} is not a directory",
            fix="Set DEVENV_HOME to a directory, or to where one can be made.",
        )
    return home


def _in_the_way(home: Path) -> Path | None:
    """What is no directory, and stands where the home is to be, or a folder above it."""
    with suppress(OSError):  # what may not be looked at is reported by who uses it
        nearest = next(one for one in (home, *home.parents) if name_exists(one))
        return None if nearest.is_dir() else nearest
    return None


def _stores(value: str | list[str] | tuple[str, ...], cwd: Path) -> tuple[Path, ...]:
    """A file has a list, the variable a path list."""
    listed = value.split(":") if isinstance(value, str) else value
    return tuple(Path(cwd, folder) for folder in listed if folder)


def _words(value: str | list[str] | tuple[str, ...], source: str) -> tuple[str, ...]:
    """A file has a list, a variable words in shell notation."""
    try:
        return tuple(shlex.split(value) if isinstance(value, str) else value)
    except ValueError as error:
        raise UsageError(
            f"cannot split the value {value!r} of {source} into words: {error}",
            fix="Close the quotes in it.",
        ) from None


def _switch(value: bool | str, source: str) -> bool:
    """A file has a boolean, a variable one of YAML's words for it."""
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    switch = value if isinstance(value, bool) else words.get(value.lower())
    if switch is None:
        raise UsageError(f"invalid value {value!r} of {source}", fix="Set it to on or off.")
    return switch


def _checked_jobs(value: object, source: str) -> int:
    try:
        jobs = int(str(value))
    except ValueError:
        jobs = -1
    if jobs < 0:
        raise UsageError(
            f"invalid number of jobs: {str(value)!r} ({source})",
            fix="Give a whole number, or 0 for one job per core.",
        )
    return jobs
