"""The values that completion knows, read from the files below $DEVENV_HOME."""

from __future__ import annotations

import json
import os
import re

TYPE_CHECKING = False  # typing takes as long to import as all the rest
if TYPE_CHECKING:
    from typing import Any

    from devenv.cli.complete import Line

    Candidate = tuple[str, str]

FILES = ":files"


class Values:
    """The candidates of each kind. static: what is known when devenv is released. line: see `of`."""

    def __init__(self, static: dict[str, Any], environ: dict[str, str], cwd: str) -> None:
        self._static, self._environ = static, environ
        self.home = os.path.join(cwd, home_of(environ))
        self.line: Line

    def of(self, kind: Any, word: str) -> list[Candidate]:
        """The values of a kind (`devenv.cli.kinds`): a list of them, or the name of one of the methods
        here; an empty name has none."""
        if isinstance(kind, list):
            return [(value, "") for value in kind]
        if kind == "files":
            return [(FILES, "")]
        if kind == "program":
            return [(name, "") for name in self._programs(word)]
        found = getattr(self, kind)() if kind else []
        return found if not found or isinstance(found[0], tuple) else [(v, "") for v in found]

    # -- what there is in $DEVENV_HOME

    def environments(self) -> list[str]:
        """The environments that have a current generation."""
        folder = os.path.join(self.home, "envs")
        return [n for n in _names(folder) if os.path.islink(os.path.join(folder, n, "current"))]

    def templates(self) -> list[str]:
        """devenv's templates, and those in $DEVENV_HOME/templates."""
        own = _names(os.path.join(self.home, "templates"))
        return sorted({*self._static["templates"], *(n[:-5] for n in own if n.endswith(".yaml"))})

    def trash(self) -> list[str]:
        """The names of removed environments that are kept."""
        return _names(os.path.join(self.home, "trash"))

    def jobs(self) -> list[Candidate]:
        """The recorded jobs, each with its environment or subject as the description."""
        folder = os.path.join(self.home, "jobs")
        jobs = (_json(os.path.join(folder, name, "job.json")) for name in _names(folder))
        return [
            (j["job"], j.get("environment") or j.get("subject", "")) for j in jobs if j.get("job")
        ]

    # -- what an environment has

    def _environment(self) -> str:
        """The folder of the one that the line is about: named, activated, or the only one."""
        names = self.environments()
        typed = [self.line.options.get("--env", ""), *self.line.positionals[:1]]
        given = [name for name in typed if name in names]
        active = self._environ.get("DEVENV_ENV", "")
        only = names[0] if len(names) == 1 else ""
        name = next(iter(given), "") or active or only
        return os.path.join(self.home, "envs", name) if name else ""

    def _generation(self) -> dict[str, Any]:
        return _json(os.path.join(self._environment(), "current", "environment.json"))

    def generations(self) -> list[str]:
        """The generations of the environment, in numerical order."""
        return sorted(_names(os.path.join(self._environment(), "generations")), key=len)

    def environment_then_generations(self) -> list[str]:
        """The environments, if none is typed yet, and the generations of the one on the line."""
        first = [] if self.line.positionals else self.environments()
        return [*first, *self.generations()] if self._environment() else first

    def mechanisms(self) -> list[str]:
        """The mechanisms of all models of the environment, sorted."""
        models = [self._generation().get("model") or {}, *self._further()]
        return sorted({name for model in models for name in model.get("mechanisms", ())})

    def _further(self) -> list[dict[str, Any]]:
        return [one.get("model") or {} for one in self._generation().get("further", ())]

    def models(self) -> list[str]:
        """The additional models of the environment."""
        return [one["name"] for one in self._generation().get("further", ()) if one.get("name")]

    def _lock(self) -> dict[str, Any]:
        lock = _json(os.path.join(self._environment(), "current", "lock.json"))
        environment: dict[str, Any] = lock.get("environment", {})
        return environment

    def _sources(self) -> list[dict[str, Any]]:
        return [one for one in self._lock().get("develop", ()) if isinstance(one, dict)]

    def dev_sources(self) -> list[str]:
        """The packages of the environment that are dev sources."""
        return [str(one["package"]) for one in self._sources() if one.get("package")]

    def packages(self) -> list[str]:
        """The packages in devenv's catalogue."""
        return list(self._static["packages"])

    def variants(self) -> list[Candidate]:
        """Of the template that is named, or that the environment has."""
        options, arguments = self.line.options, self.line.positionals
        name = options.get("--template") or self._lock().get("template") or "".join(arguments[:1])
        found = self._static["templates"].get(name, {})
        of_model = (self._generation().get("model") or {}).get("variants", "")
        switches = re.findall(r"[~+]([A-Za-z]\w*)(?!=)\b", of_model)
        return [*found.items(), *((f"+{switch}", "") for switch in switches)]

    def specs(self) -> list[Candidate]:
        """The environments, if none is typed yet, and the variants."""
        names = [] if self.line.positionals else self.environments()
        return [*((name, "environment") for name in names), *self.variants()]

    def profiles(self) -> list[str]:
        """Those of the template and the tox environments of the sources, as far as they are written."""
        names = list(self._static["profiles"].get(self._lock().get("template", ""), ()))
        for source in self._sources():
            text = _text(os.path.join(str(source.get("path", "")), "tox.ini"))
            names += re.findall(r"^\[testenv:([\w.-]+)\]", text, re.MULTILINE)
        return names

    # -- what is typed for other programs, and settings

    def _programs(self, word: str) -> list[str]:
        """Those of the environment, and once something is typed those on PATH; files for a path."""
        if "/" in word:
            return [FILES]
        edits = self._generation().get("delta", ())
        own = [e["value"] for e in edits if e.get("name") == "PATH" and e.get("edit") == "prepend"]
        beyond = self._environ.get("PATH", "").split(":") if word else []
        paths = (
            os.path.join(f, n) for f in (*own, *beyond) for n in _names(f) if n.startswith(word)
        )
        return sorted({os.path.basename(path) for path in paths if os.access(path, os.X_OK)})

    def setting_values(self) -> list[str]:
        """The possible values of the setting that is typed."""
        return list(self._static["settings"].get("".join(self.line.positionals[:1]), ()))

    def commands(self) -> list[str]:
        """The commands of devenv."""
        return list(self._static["commands"])


def home_of(environ: dict[str, str]) -> str:
    """$DEVENV_HOME as `devenv.config.settings` has it, which takes longer to import than the whole of
    this: the variable, the user's file, the default."""
    if environ.get("DEVENV_HOME"):
        return os.path.expanduser(environ["DEVENV_HOME"])
    home = environ.get("HOME", "/nowhere")
    folder = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    text = _text(os.path.join(folder, "devenv", "config.yaml"))
    written = re.search(r"^home: *['\"]?([^'\"#\n]+?)['\"]? *(?:#.*)?$", text, re.MULTILINE)
    if written:
        return os.path.expanduser(written[1])
    data = environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return os.path.join(data, "devenv")


def _names(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _json(path: str) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
