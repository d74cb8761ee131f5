"""What the pages type is typed, in order, and prints what they show: on this machine alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_home import furnish
from page_session import Reader, make_reader
from page_table import TABLE
from stand_ins import reachable

from devenv.config.catalogue import load_catalogue

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Somebody with nothing but a shell."""
    return make_reader(tmp_path_factory.mktemp("pages"), {"BROWSER": "true", "EDITOR": "true"})


@pytest.fixture(scope="module")
def host() -> None:
    """The repositories that the pages name can be reached."""
    urls = [load_catalogue()[name].git for name in ("neurodamus", "neurodamus-models")]
    if away := [url for url in urls if not reachable(url)]:
        pytest.skip(f"the pages clone what cannot be reached: {', '.join(away)}")


@pytest.mark.parametrize("page", TABLE["tutorial"])
def test_a_tutorial(reader: Reader, host: None, page: str) -> None:
    row = TABLE["tutorial"][page]
    assert reader.follow(page, row.names, row.before) == []


@pytest.fixture(scope="module")
def at_home(reader: Reader, host: None) -> Reader:
    """With an environment `neocortex`, and clones in ~/src."""
    furnish(reader)
    return reader


@pytest.mark.parametrize("page", TABLE["home"])
def test_a_page_for_a_laptop(at_home: Reader, page: str) -> None:
    row = TABLE["home"][page]
    assert at_home.follow(page, row.names, row.before) == []


def test_an_output_that_differs_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "    $ echo one\n    two\n    $ echo three\n    t…\n\ntext\n\n    false\n    true\n"
    )
    wrong = make_reader(tmp_path).follow(str(page))
    assert [text.splitlines()[0] for text in wrong] == [
        f"{page}:1: echo one",
        f"{page}:8: false: exit code 1",
    ]
