"""Every command that the pages show exists, with the options that they give it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from page_commands import Typed, commands, pattern, typed
from page_table import EXECUTED
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


NOT_EXECUTED: dict[str, int] = {
    "README.md": 6,
    "docs/how-to/activate-in-your-shell.md": 2,
    "docs/how-to/administer-a-site.md": 3,
    "docs/how-to/build-conda-packages-for-a-site.md": 1,
    "docs/how-to/build-conda-packages.md": 2,
    "docs/how-to/build-wheels.md": 8,
    "docs/how-to/check-a-wheel.md": 1,
    "docs/how-to/choose-how-a-model-is-built.md": 3,
    "docs/how-to/develop-a-package.md": 3,
    "docs/how-to/release-packages.md": 1,
    "docs/how-to/roll-back-to-an-earlier-build.md": 2,
    "docs/how-to/run-under-slurm.md": 2,
    "docs/how-to/start-a-project.md": 2,
    "docs/how-to/test-under-slurm.md": 3,
    "docs/how-to/test-wheels.md": 3,
    "docs/how-to/test-with-profiles.md": 1,
    "docs/how-to/upgrade-and-remove.md": 5,
    "docs/how-to/use-conda-packages.md": 1,
    "docs/how-to/use-spack.md": 3,
    "docs/how-to/use-your-own-models-repository.md": 3,
    "docs/how-to/work-offline.md": 1,
    "docs/how-to/write-reports.md": 5,
    "docs/tutorial/first-simulation.md": 4,
}
"""The commands of each page that no test executes; each says why before it. Never let a number grow."""


def test_each_command_is_executed_or_says_why_not() -> None:
    every = {page: list(typed(REPOSITORY / page)) for page in PAGES}
    silent = [
        f"{page}:{one.line}: {one.command}"
        for page, all_ in every.items()
        for one in all_
        if not one.why_not and page not in EXECUTED
    ]
    assert silent == []
    counted = {page: sum(bool(one.why_not) for one in all_) for page, all_ in every.items()}
    assert {page: count for page, count in counted.items() if count} == NOT_EXECUTED


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
