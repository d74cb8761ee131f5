"""Every command that the pages show exists, with the options that they give it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from page_commands import Typed, commands, pattern, typed
from support import REPOSITORY

from devenv.checks import registry
from devenv.cli.groups import ALIASES
from devenv.cli.table import read_table
from devenv.products.conda.host import ID as HOST

PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    if "reference" not in path.parts and "decisions" not in path.parts
)
TABLE: dict[str, Any] = read_table()


EXECUTED = {"docs/tutorial/your-own-model.md"}
"""Typed by tests/real/test_pages.py, which compares what is printed."""

_SHELL = "it edits the reader's start-up files, or its NAME and paths are the reader's"
_NETWORK = "it clones from a git host; tests/real does the same with stand-ins where there is none"
_SITE = "it needs a scheduler, modules or accounts of a site; tests/real has clusters of its own"
_SPACK = "it builds with Spack for minutes; tests/real/test_spack.py does"
_PACKAGES = "its project, recipe, server and credentials are the reader's; tests/real has its own"
NOT_EXECUTED = {
    "README.md": _NETWORK,
    "docs/index.md": "your-own-model.md has the same lines",
    "docs/how-to/activate-in-your-shell.md": _SHELL,
    "docs/how-to/add-a-package.md": _SHELL,
    "docs/how-to/administer-a-site.md": _SITE,
    "docs/how-to/adopt-a-spack-environment.md": _SPACK,
    "docs/how-to/build-conda-packages-for-a-site.md": _SITE,
    "docs/how-to/build-conda-packages.md": _PACKAGES,
    "docs/how-to/build-wheels.md": _PACKAGES,
    "docs/how-to/check-a-wheel.md": _PACKAGES,
    "docs/how-to/choose-how-a-model-is-built.md": _NETWORK,
    "docs/how-to/develop-neuron.md": "it builds NEURON for minutes; tests/real does",
    "docs/how-to/use-conda-packages.md": _PACKAGES,
    "docs/how-to/develop-a-package.md": _NETWORK,
    "docs/how-to/read-a-report.md": "it opens a browser; tests/real/test_report.py does",
    "docs/how-to/release-packages.md": _PACKAGES,
    "docs/how-to/repair-an-environment.md": _SHELL,
    "docs/how-to/reproduce-an-environment.md": _NETWORK,
    "docs/how-to/roll-back-to-an-earlier-build.md": _SHELL,
    "docs/how-to/run-under-slurm.md": _SITE,
    "docs/how-to/start-a-project.md": _NETWORK,
    "docs/how-to/test-under-slurm.md": _SITE,
    "docs/how-to/test-wheels.md": _PACKAGES,
    "docs/how-to/test-with-profiles.md": _NETWORK,
    "docs/how-to/troubleshoot.md": "it opens a browser",
    "docs/how-to/upgrade-and-remove.md": "it removes devenv",
    "docs/how-to/upload-wheels.md": _PACKAGES,
    "docs/how-to/use-a-sites-modules.md": _SITE,
    "docs/how-to/use-jupyter-and-vs-code.md": _SHELL,
    "docs/how-to/use-spack-on-a-cluster.md": _SPACK,
    "docs/how-to/use-spack.md": _SPACK,
    "docs/how-to/use-your-own-models-repository.md": _NETWORK,
    "docs/how-to/work-offline.md": _SHELL,
    "docs/how-to/write-a-template.md": _SHELL,
    "docs/how-to/write-reports.md": _NETWORK,
    "docs/tutorial/first-simulation.md": _NETWORK,
}
"""Why a page's commands are only checked to exist."""


def test_each_page_with_commands_is_executed_or_says_why_not() -> None:
    pages = {page for page in PAGES if list(commands(REPOSITORY / page))}
    assert pages == EXECUTED | NOT_EXECUTED.keys()
    assert not EXECUTED & NOT_EXECUTED.keys()


def split(call: str) -> list[str]:
    """The words of a call; a quotation that the cut at ``;`` or ``)`` left open ends it."""
    try:
        return shlex.split(call, comments=True)[1:]
    except ValueError:
        return shlex.split(re.split("[\"']", call)[0])[1:]


def problem(call: str) -> str:
    """Why a command cannot be typed; empty where it can."""
    words, known, name = split(call), TABLE, ""
    words = ["" if word.isupper() or word.startswith("-") else word for word in words[:1]] + words[
        1:
    ]
    while words and words[0] and known.get("commands"):
        word = ALIASES.get(words[0], words[0])
        if word not in known["commands"]:
            return f"there is no command {name}{word}"
        known, name, words = known["commands"][word], f"{name}{word} ", words[1:]
    options = {n for one in known["options"] for n in one["names"]} | COMMON
    own = words[: words.index("--")] if "--" in words else words
    if name.strip() in OTHERS:
        own = own[:1]
    used = {word.partition("=")[0] for word in own if re.match(r"--?[a-zA-Z]", word)}
    joined = {word for word in used if word[:2] in options and not word.startswith("--")}
    unknown = sorted(used - options - joined)
    return f"{name}has no {', '.join(unknown)}" if unknown else ""


OTHERS = ("run", "submit", "alloc", "spack exec", "wheel shell")
"""Behind their own options stands the user's command."""
COMMON = {"-h", "--help", "-q", "--quiet", "-v", "-vv", "--verbose", "--color", "--json"}
COMMON |= {"--json-events", "--version"}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist(page: str) -> None:
    wrong = [
        f"{page}:{line}: {call}: {why}"
        for line, call in commands(REPOSITORY / page)
        if (why := problem(call))
    ]
    assert wrong == []


@pytest.mark.parametrize("call", ["devenv frobnicate", "devenv build --frob", "devenv wheel make"])
def test_what_does_not_exist_is_seen(call: str) -> None:
    assert problem(call)


def test_the_pages_have_commands() -> None:
    assert sum(len(list(commands(REPOSITORY / page))) for page in PAGES) > 200


def test_what_is_typed_and_printed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = [
        "text",
        "",
        "    $ cat > a <<'END'",
        "    x",
        "    END",
        "    $ ls",
        "    a …",
        "    …",
        "    z",
    ]
    page.write_text("\n".join([*text, "", "- item", "", "    $ no", ""]))
    assert list(typed(page)) == [
        Typed(3, "cat > a <<'END'\nx\nEND", ()),
        Typed(6, "ls", ("a …", "…", "z")),
    ]
    assert pattern(("a …", "…", "z")).fullmatch("a b\nc\nd\nz\n")
    assert pattern(("a …", "z")).fullmatch("a b\nc\nz\n") is None


def test_each_finding_of_doctor_has_a_section_of_troubleshooting() -> None:
    text = (REPOSITORY / "docs/how-to/troubleshoot.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## ([a-z-]+)$", text, re.MULTILINE))
    assert sections == {HOST, *registry.CHECKS}
