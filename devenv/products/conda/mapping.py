"""Maps a rendered meta.yaml to the form of recipe.yaml, with notes on changed entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.products.conda.document import Lines, Path
from devenv.products.conda.licences import spdx
from devenv.products.conda.recipe import Kind, Note
from devenv.products.conda.specs import canonical_spec, package_name
from devenv.products.conda.template import pin

Data = dict[str, Any]


@dataclass
class Mapper:
    """Collects the recipe and the notes. files: names in the recipe's folder. environ: for script_env.

    pins: pin_run_as_build. secrets: names of variables whose values are secret. base: the path of the
    mapped part in the document.
    """

    lines: Lines
    files: frozenset[str]
    environ: Mapping[str, str]
    pins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    notes: list[Note] = field(default_factory=list)
    base: Path = ()

    def line(self, *at: str | int) -> int:
        """The line of an entry, or of the entry that contains it."""
        path: Path = (*self.base, *at)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def note(self, kind: Kind, text: str, *at: str | int) -> None:
        """Record a note at the line of an entry. at: its keys and indices in the document."""
        self.notes.append(Note(self.line(*at), kind, text))

    def unknown(self, data: Any, known: Mapping[str, Any], *at: str | int) -> None:
        """A note for each key that has no counterpart."""
        for key in data or {}:
            if key not in known:
                path = "/".join(map(str, (*at, key)))
                self.note("unknown", f"{path} is not understood", *at, key)

    def spec(self, spec: str, *at: str | int) -> str:
        """The spec in canonical form, with a note if that differs. at: as in `note`."""
        result = canonical_spec(str(spec))
        if result.split() != str(spec).split():
            self.note("changed", f"{spec} is written {result}", *at)
        return result

    def specs(self, values: Any, *at: str | int) -> list[str]:
        """The specs of an entry, a list or a single spec, in canonical form. at: as in `note`."""
        return [self.spec(one, *at, i) for i, one in enumerate(listed(values)) if one]


def listed(value: Any) -> list[Any]:
    """A list: a single value becomes a list of one, and an empty value an empty list."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


SOURCE = {
    "url": "url", "sha256": "sha256", "md5": "md5", "fn": "file_name", "path": "path",
    "folder": "target_directory", "patches": "patches", "git_url": "git", "git_rev": "rev",
    "git_tag": "tag", "git_branch": "branch", "git_depth": "depth",
}  # fmt: skip


def sources(mapper: Mapper, value: Any) -> list[Data]:
    """The sources that recipe.yaml can fetch, which excludes Subversion and Mercurial."""
    result = []
    for i, one in enumerate(listed(value)):
        at: Path = ("source", i) if isinstance(value, list) else ("source",)
        mapper.unknown(one, SOURCE, *at)
        source = {SOURCE[key]: given for key, given in one.items() if key in SOURCE and given}
        if "git" in source and "depth" in source:
            source["depth"] = int(source["depth"])
        if "git_url" not in one:
            source = {k: v for k, v in source.items() if k not in ("rev", "depth")}
        result.append(source)
    return result


_REQUIREMENTS = {
    "build": "build",
    "host": "host",
    "run": "run",
    "run_constrained": "run_constraints",
}


def requirements(mapper: Mapper, data: Data) -> Data:
    """The requirements, and the entries of `build` about run exports."""
    given, build = data.get("requirements") or {}, data.get("build") or {}
    if isinstance(given, list):
        given = {"host": given, "run": given}
    mapper.unknown(given, _REQUIREMENTS, "requirements")
    result: Data = {
        name: mapper.specs(given.get(key), "requirements", key)
        for key, name in _REQUIREMENTS.items()
    }
    result["run"] = _pinned(mapper, result)
    exports = build.get("run_exports")
    if exports:
        result["run_exports"] = (
            {key: mapper.specs(one, "build", "run_exports", key) for key, one in exports.items()}
            if isinstance(exports, dict)
            else {"weak": mapper.specs(exports, "build", "run_exports")}
        )
    ignored = {
        "by_name": listed(build.get("ignore_run_exports")),
        "from_package": listed(build.get("ignore_run_exports_from")),
    }
    if any(ignored.values()):
        result["ignore_run_exports"] = {key: one for key, one in ignored.items() if one}
    return {key: one for key, one in result.items() if one}


def _pinned(mapper: Mapper, result: Mapping[str, list[str]]) -> list[str]:
    """The run requirements, with pin_run_as_build for those that are in the host environment as well."""
    present = {package_name(one) for one in (*result["host"], *result["build"])}
    run = []
    for spec in result["run"]:
        bounds = mapper.pins.get(spec)
        pinned = pin(spec, bounds) if bounds and spec in present else spec
        if pinned != spec:
            mapper.note("changed", f"pin_run_as_build: {pinned}", "requirements", "run")
        run.append(pinned)
    return run


_ABOUT = {
    "home": "homepage", "license": "license", "license_file": "license_file", "summary": "summary",
    "description": "description", "doc_url": "documentation", "dev_url": "repository",
}  # fmt: skip
_ABOUT_IGNORED = {
    "license_family",
    "license_url",
    "doc_source_url",
    "tags",
    "identifiers",
    "keywords",
}


def about(mapper: Mapper, data: Data) -> Data:
    """The section ``about``, with the licence as SPDX and one URL of each kind."""
    given = data.get("about") or {}
    mapper.unknown(given, {**_ABOUT, **dict.fromkeys(_ABOUT_IGNORED)}, "about")
    for key in _ABOUT_IGNORED & given.keys():
        mapper.note("ignored", f"about/{key} has no place in recipe.yaml", "about", key)
    result = {name: given[key] for key, name in _ABOUT.items() if given.get(key)}
    if "license" in result:
        result["license"] = spdx(str(result["license"]))
        if result["license"] != given["license"]:
            text = f"license {given['license']} is written {result['license']}"
            mapper.note("changed", text, "about", "license")
    for key in ("repository", "documentation", "homepage"):
        if isinstance(result.get(key), list):
            result[key] = result[key][0]
    return result


_TEST = ("imports", "commands", "requires", "files", "source_files", "downstreams")


def tests(mapper: Mapper, data: Data, *, scripts: bool = True) -> list[Data]:
    """The tests. scripts: whether to include run_test.py and run_test.sh."""
    given = data.get("test") or {}
    mapper.unknown(given, dict.fromkeys(_TEST), "test")
    commands = [str(one) for one in listed(given.get("commands")) if one]
    checks_pip = "pip check" in [one.strip() for one in commands]
    result: list[Data] = []
    imports = [str(one) for one in listed(given.get("imports"))]
    if imports or checks_pip:
        result.append({"python": {"imports": imports, "pip_check": checks_pip}})
        commands = [one for one in commands if one.strip() != "pip check"]
    files = [str(one) for one in listed(given.get("files"))]
    for name, line in (
        ("run_test.sh", "bash -e run_test.sh"),
        ("run_test.py", "python run_test.py"),
    ):
        if scripts and name in mapper.files:
            files.append(name)
            commands.append(line)
    if commands:
        result.append(_script_test(mapper, given, commands, files))
    result += [{"downstream": one} for one in listed(given.get("downstreams"))]
    return result


def _script_test(mapper: Mapper, given: Data, commands: list[str], files: list[str]) -> Data:
    test: Data = {"script": commands}
    needs = mapper.specs(given.get("requires"), "test", "requires")
    copied = {"recipe": files, "source": listed(given.get("source_files"))}
    if needs:
        test["requirements"] = {"run": needs}
    if any(copied.values()):
        test["files"] = {key: one for key, one in copied.items() if one}
    return test


def extra(_mapper: Mapper, data: Data) -> Data:
    """The section ``extra``, unchanged."""
    return data.get("extra") or {}


Section = Callable[[Mapper, Data], Any]
