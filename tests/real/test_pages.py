"""What the pages type is typed, in order, and prints what they show: on this machine alone."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pbs_standin
import pytest
from conda_parts import VERSION
from mine import MODULES
from package_indexes import PASSWORD, USER, pypiserver
from page_conda import make_channel, s3_login, site_modules
from page_home import furnish, neuron_clone, site_stack
from page_session import Reader, make_reader
from page_spack import spack_reader
from page_table import TABLE
from quetz_server import quetz
from s3_server import rclone_s3
from slurm_cluster import Cluster
from spack_trial import Trial
from stand_ins import reachable
from support import REPOSITORY

from devenv.config.catalogue import load_catalogue

pytestmark = pytest.mark.real
DOCS = REPOSITORY / "docs"
needs_modules = pytest.mark.skipif(
    not (MODULES / "init/bash").exists(), reason="Environment Modules are not here"
)


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
    assert reader.follow(page, TABLE["tutorial"][page]) == []


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
    assert at_home.follow(page, TABLE["home"][page]) == []


@pytest.mark.parametrize("page", TABLE["slurm"])
def test_a_page_for_a_cluster(at_home: Reader, slurm: Cluster, tmp_path: Path, page: str) -> None:
    pbs = pbs_standin.install(tmp_path / "pbs")["PBS_STANDIN"]
    reader = at_home.having({**slurm.environ, "PBS_STANDIN": pbs})
    assert reader.follow(page, TABLE["slurm"][page]) == []


@pytest.fixture(scope="module")
def releaser(at_home: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who may upload to an index."""
    with pypiserver(tmp_path_factory.mktemp("index")) as server:
        login = {"TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD}
        more = {"INDEX": server.url, "PYTHON": f"3.{sys.version_info[1]}", **login}
        yield at_home.having(more)


@pytest.mark.parametrize("page", TABLE["packages"])
def test_a_page_for_packages(releaser: Reader, page: str) -> None:
    assert releaser.follow(page, TABLE["packages"][page]) == []


@pytest.fixture(scope="module")
def conda_user(at_home: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody with a channel of their own, a server of quetz and one of S3."""
    folder = tmp_path_factory.mktemp("channel")
    for name in ("quetz", "s3"):
        (folder / name).mkdir()
    channel = make_channel(at_home, folder)
    with quetz(folder / "quetz") as server, rclone_s3(folder / "s3") as bucket:
        bucket.client.create_bucket(Bucket="ours")
        login = {"QUETZ": server.channel("ours"), "KEY": server.key, **s3_login(at_home, bucket)}
        yield at_home.having({"CHANNEL": str(channel), "PYTHON": VERSION, **login})


@pytest.mark.parametrize("page", TABLE["conda"])
def test_a_page_on_conda_packages(conda_user: Reader, page: str) -> None:
    assert conda_user.follow(page, TABLE["conda"][page]) == []


@needs_modules
@pytest.mark.parametrize("page", TABLE["conda for a site"])
def test_a_page_on_conda_packages_for_a_site(conda_user: Reader, slurm: Cluster, page: str) -> None:
    site_modules(conda_user)
    assert conda_user.having(slurm.environ).follow(page, TABLE["conda for a site"][page]) == []


@pytest.mark.parametrize("page", TABLE["toolchain"])
def test_a_page_on_neuron_itself(at_home: Reader, page: str) -> None:
    """With the stand-in for its sources, which compiles in seconds: see toolchain_standin.py."""
    neuron_clone(at_home)
    assert at_home.follow(page, TABLE["toolchain"][page]) == []


@needs_modules
@pytest.mark.parametrize("page", TABLE["modules"])
def test_a_page_on_the_modules_of_a_site(at_home: Reader, page: str) -> None:
    assert at_home.having(site_stack(at_home)).follow(page, TABLE["modules"][page]) == []


@pytest.fixture(scope="module")
def spack_user(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return spack_reader(trial, tmp_path_factory.mktemp("spack-pages"))


@pytest.mark.parametrize("page", TABLE["spack"])
def test_a_page_on_spack(spack_user: Reader, page: str) -> None:
    """With recipes of a few seconds, whose names stand for those of the page."""
    assert spack_user.follow(page, TABLE["spack"][page]) == []


@pytest.mark.parametrize("page", TABLE["spack on a cluster"])
def test_a_page_on_spack_on_a_cluster(spack_user: Reader, slurm: Cluster, page: str) -> None:
    row = TABLE["spack on a cluster"][page]
    assert spack_user.having(slurm.environ).follow(page, row) == []


@pytest.mark.parametrize("page", TABLE["end"])
def test_the_page_that_removes_all(at_home: Reader, page: str) -> None:
    assert at_home.follow(page, TABLE["end"][page]) == []
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
