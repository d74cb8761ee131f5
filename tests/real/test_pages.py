"""What the pages type is typed, in order, and prints what they show: on this machine alone."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from package_indexes import PASSWORD, USER, pypiserver
from page_home import furnish
from page_session import Reader, make_reader
from page_table import TABLE
from slurm_cluster import Cluster
from stand_ins import reachable
from support import REPOSITORY

from devenv.config.catalogue import load_catalogue

pytestmark = pytest.mark.real
DOCS = REPOSITORY / "docs"


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


def test_the_recorded_session_is_what_is_printed(reader: Reader) -> None:
    spec = importlib.util.spec_from_file_location("docs_record", DOCS / "record.py")
    assert spec is not None
    assert spec.loader is not None
    recorder = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = recorder
    spec.loader.exec_module(recorder)
    printed = [recorder.text_of(row) for row in recorder.record(reader.home)]
    drawing = ElementTree.parse(DOCS / "assets" / "session.svg").getroot()  # noqa: S314 - ours
    shown = ["".join(one.itertext()) for one in drawing.iter("{http://www.w3.org/2000/svg}text")]
    # The name has a hash of the path.
    assert [re.sub(r"leaky-[0-9a-f]{6}", "leaky", line) for line in printed] == [
        re.sub(r"leaky-[0-9a-f]{6}", "leaky", line) for line in shown
    ]
    assert shown[-3:][0].endswith("leak.mod:11: syntax error: Illegal block")


@pytest.fixture(scope="module")
def at_home(reader: Reader, host: None) -> Reader:
    """With an environment `neocortex`, and clones in ~/src."""
    furnish(reader)
    return reader


@pytest.mark.parametrize("page", TABLE["home"])
def test_a_page_for_a_laptop(at_home: Reader, page: str) -> None:
    row = TABLE["home"][page]
    assert at_home.follow(page, row.names, row.before) == []


@pytest.mark.parametrize("page", TABLE["slurm"])
def test_a_page_for_a_cluster(at_home: Reader, slurm: Cluster, page: str) -> None:
    row = TABLE["slurm"][page]
    user = Reader(at_home.home, {**at_home.environ, **slurm.environ})
    assert user.follow(page, row.names, row.before) == []


@pytest.fixture(scope="module")
def releaser(at_home: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who may upload to an index."""
    with pypiserver(tmp_path_factory.mktemp("index")) as server:
        login = {"TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD}
        more = {"INDEX": server.url, "PYTHON": f"3.{sys.version_info[1]}", **login}
        yield Reader(at_home.home, {**at_home.environ, **more})


@pytest.mark.parametrize("page", TABLE["packages"])
def test_a_page_for_packages(releaser: Reader, page: str) -> None:
    row = TABLE["packages"][page]
    assert releaser.follow(page, row.names, row.before) == []


@pytest.mark.parametrize("page", TABLE["end"])
def test_the_page_that_removes_all(at_home: Reader, page: str) -> None:
    row = TABLE["end"][page]
    assert at_home.follow(page, row.names, row.before) == []
    assert not at_home.devenv.home.exists()


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
