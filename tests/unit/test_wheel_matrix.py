"""What is built, under which name and with which variables: the pure part of `devenv wheel build`."""

from __future__ import annotations

import pytest

from devenv.core.errors import UsageError
from devenv.products.wheel.cells import WheelCell, renamed
from devenv.products.wheel.config import Config, Mount, Repair
from devenv.products.wheel.container_build import Container, ContainerEngine, Image, variables
from devenv.products.wheel.indexes import read_page, target_of
from devenv.products.wheel.matrix import TargetPython, choose, from_identifiers
from devenv.products.wheel.trial import MpiInstallation, launched, own_tests

KNOWN = tuple(
    TargetPython(f"cp3{minor}", f"3.{minor}.1", f"/usr/bin/python3.{minor}")
    for minor in (13, 9, 10, 12)
)


def tags(request: str, requires: str = "") -> list[str]:
    return [one.tag for one in choose(request, KNOWN, requires, "here")]


def test_requests_name_interpreters_oldest_first() -> None:
    assert tags("") == tags("all") == tags("3*") == ["cp39", "cp310", "cp312", "cp313"]
    assert tags("3.12,39") == ["cp39", "cp312"]
    assert tags("cp310, 3.10") == ["cp310"]
    assert tags("all", ">=3.10") == ["cp310", "cp312", "cp313"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [("3.11", "no Python 3.11 here"), ("3.9", "requires Python >=3.10"), ("x", "not a Python")],
)
def test_a_request_that_cannot_be(request_: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose(request_, KNOWN, ">=3.10", "here")


def test_identifiers_that_the_image_has() -> None:
    identifiers = ("cp39-manylinux_x86_64", "cp313-manylinux_x86_64", "pp310-manylinux_x86_64")
    found, missing = from_identifiers(identifiers, ("cp39-cp39", "cp311-cp311"))
    assert [one.path for one in found] == ["/opt/python/cp39-cp39/bin/python"]
    assert missing == ("cp313",)


def test_another_name_changes_that_line_alone() -> None:
    text = '[tool.x]\nname = "x"\n[project] # it\nname = "neuron"\n[project.urls]\nname = "u"\n'
    assert renamed(text, "neuron-gpu") == text.replace('"neuron"', '"neuron-gpu"')
    with pytest.raises(UsageError, match="has no \\[project\\] name"):
        renamed('[project]\nversion = "1"\n[project.x]\nname = "y"\n', "a")
    with pytest.raises(UsageError, match="not the name of a distribution"):
        renamed(text, 'a"\nevil = "b')


def test_keys_differ_where_anything_that_goes_in_differs() -> None:
    cell = WheelCell(KNOWN[0], "x86_64", more=(("source", "1"),))
    others = (
        WheelCell(KNOWN[1], "x86_64", more=(("source", "1"),)),
        WheelCell(KNOWN[0], "x86_64", "v", more=(("source", "1"),)),
        WheelCell(KNOWN[0], "x86_64", more=(("source", "2"),)),
        WheelCell(KNOWN[0], "x86_64", environment=(("source", "1"),)),
        WheelCell(KNOWN[0], "x86_64", image="i", more=(("source", "1"),)),
        WheelCell(KNOWN[0], "x86_64", name="n", more=(("source", "1"),)),
    )
    assert len({cell.key, *(other.key for other in others)}) == 7


def test_what_the_table_says_stays_in_force() -> None:
    table = {
        "environment": {"GENERAL": "1"},
        "linux": {"environment": {"LINUX": "$HOME"}, "environment-pass": ["TERM"]},
        "before-all": ["make deps"],
    }
    config = Config(
        packages=("libopenmpi-dev",),
        before="echo it's",
        mounts=(Mount("/opt/my mpi", "/mpi"),),
        repair=Repair(exclude=("libgomp.so.1",)),
    )
    image = Image("i:1", "abc", "x86_64", programs=("ccache",))
    cell = WheelCell(KNOWN[0], "x86_64", environment=(("FLAG", "a b"),))
    found = variables(
        cell, Container(ContainerEngine("podman"), image, config, table, "/cache", {})
    )
    assert found["CIBW_ENVIRONMENT_LINUX"] == "LINUX=\"$HOME\" FLAG='a b'"
    assert found["CIBW_ENVIRONMENT_PASS_LINUX"].split()[0] == "TERM"
    assert "CCACHE_DIR" in found["CIBW_ENVIRONMENT_PASS_LINUX"].split()
    assert "'--volume=/opt/my mpi:/mpi:ro'" in found["CIBW_CONTAINER_ENGINE"]
    assert found["CIBW_BEFORE_ALL_LINUX"].endswith("&& { ( echo it's ); } && make deps")
    line = "auditwheel repair --exclude libgomp.so.1 -w {dest_dir} {wheel}"
    assert found["CIBW_REPAIR_WHEEL_COMMAND_LINUX"] == line
    plain = variables(
        WheelCell(KNOWN[0], "x86_64"),
        Container(ContainerEngine("podman"), image, Config(), table, "/c", {}),
    )
    assert not {n for n in plain if n.endswith(("ENVIRONMENT_LINUX", "ALL_LINUX", "COMMAND_LINUX"))}


def test_an_override_that_would_be_replaced_is_refused() -> None:
    table = {"overrides": [{"select": "*", "environment": {"A": "1"}}]}
    image = Image("i:1", "abc", "x86_64")
    cell = WheelCell(KNOWN[0], "x86_64", environment=(("FLAG", "1"),))
    with pytest.raises(UsageError, match="overrides"):
        variables(cell, Container(ContainerEngine("podman"), image, Config(), table, "/c", {}))


def test_pages_of_an_index_in_both_forms() -> None:
    sha = "a" * 64
    html = f'<a href="../f/a-1.whl#sha256={sha}">a</a><a href="b-1.whl#md5=1">b</a>'
    one, two = read_page(html, "text/html", "http://h/simple/a/")
    assert (one.name, one.url, one.sha256) == ("a-1.whl", "http://h/simple/f/a-1.whl", sha)
    assert (two.name, two.sha256) == ("b-1.whl", "")
    text = f'{{"files": [{{"filename": "a-1.whl", "url": "a-1.whl", "hashes": {{"sha256": "{sha}"}}}}]}}'
    (three,) = read_page(text, "application/vnd.pypi.simple.v1+json", "http://h/simple/a/")
    assert (three.url, three.sha256) == ("http://h/simple/a/a-1.whl", sha)


def test_a_password_of_the_address_is_kept_apart() -> None:
    target = target_of("https://me:p%40ss@host/up/", (), "")
    assert (target.publish, target.user, target.password) == ("https://host/up/", "me", "p@ss")
    assert not any("p%40ss" in url for url in target.simple)


def test_ranks_by_the_launcher_of_each_mpi() -> None:
    argv = launched(
        MpiInstallation("t", "/m/bin/mpirun", "openmpi", "/m/lib/libmpi.so.40"), 2, ("a",), True
    )
    assert argv[:4] == ("/m/bin/mpirun", "-n", "2", "--oversubscribe")
    assert argv[-3:] == ("env", "LD_PRELOAD=/m/lib/libmpi.so.40", "a")
    assert "--oversubscribe" not in launched(MpiInstallation("t", "m", "mpich"), 2, ("a",), True)


def test_own_tests_of_a_project() -> None:
    (trial,), requires = own_tests("pytest {project}", "pytest 'numpy>=1'")
    assert trial.command == ("sh", "-c", "pytest {project}")
    assert requires == ("pytest", "numpy>=1")
    assert own_tests(None, None) == ((), ())
