"""The documents: the reference is what the program says, and links lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from support import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in [*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md"), *REPOSITORY.glob("examples/*/*.md")]
)

# Put together here, so that this file does not hold them itself.
HOSTS = ["pypi." + "org", "python" + "hosted.org", "anaconda." + "org", "/opt/" + "pypi"]
MACHINE = ["/ro" + "ot/", "/wo" + "rk/"]
# The tests' invented places, and a path inside a container image, are of no machine.
INVENTED = {
    "tests/unit/test_checks_judge.py",
    "tests/unit/test_config_settings.py",
    "tests/unit/test_models_makefile.py",
}
HIDDEN = {".ci", ".github"}
MADE_BY_TOOLS = {"__pycache__", "build", "dist", "site"}


def generator() -> ModuleType:
    """docs/generate.py, which imports what stands beside it as a script does."""
    sys.path.append(str(DOCS))
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_files() -> Iterator[tuple[str, str]]:
    """Every text file of the project with its text; the hidden folders of tools are left out."""
    for folder, below, names in os.walk(REPOSITORY):
        below[:] = [b for b in below if b in HIDDEN or not b.startswith(".")]
        below[:] = [b for b in below if b not in MADE_BY_TOOLS]
        for path in (Path(folder, name) for name in names if name != ".git"):
            try:
                yield path.relative_to(REPOSITORY).as_posix(), path.read_text(encoding="utf-8")
            except (UnicodeDecodeError, FileNotFoundError):
                continue


def without_code(text: str) -> str:
    """A Markdown text without its code, in which a bracket is no link."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown's `toc` makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings)
    return {re.sub(r"[-\s]+", "-", heading) for heading in plain}


def test_the_reference_is_what_the_program_says() -> None:
    for name, text in generator().pages().items():
        written = (DOCS / "reference" / name).read_text(encoding="utf-8")
        assert written == text, f"{name} is not up to date: python docs/generate.py"


def test_the_table_of_commands_is_what_the_program_says() -> None:
    made, written = generator(), (REPOSITORY / "devenv/resources/commands.json").read_text()
    assert written == made.commands_table(), "not up to date: python docs/generate.py"


def test_the_table_of_errors_has_every_error() -> None:
    """As many rows as the code has calls of an error's class with a message."""
    code = "\n".join(p.read_text("utf-8") for p in (REPOSITORY / "devenv").rglob("*.py"))
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.endswith("` |")]
    raised = re.findall(r"raise (?:Usage|State|Precondition|Step|Unreachable)Error\(", code)
    assert len(rows) >= len(raised) > 250


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    here = REPOSITORY / page
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code(here.read_text(encoding="utf-8")))
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (here.parent / path).resolve() if path else here
        assert there.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page}: {target}"


def test_every_page_of_the_docs_is_in_the_navigation() -> None:
    navigation = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"\S+\.md", navigation))
    assert named == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


def test_no_file_names_a_package_registry() -> None:
    found = [(name, word) for name, text in text_files() for word in HOSTS if word in text]
    assert found == []


def test_no_file_names_a_place_of_the_machine_it_was_written_on() -> None:
    files = [(name, text) for name, text in text_files() if name not in INVENTED]
    assert len(files) > 50
    assert [(name, word) for name, text in files for word in MACHINE if word in text] == []
