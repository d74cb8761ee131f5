"""devenv conda index, search and verify, on channels with all that goes wrong in them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from conda_parts import assemble, channel_records, install
from support import Devenv

pytestmark = pytest.mark.real


@pytest.fixture
def channel(devenv: Devenv, tmp_path: Path) -> Path:
    """Three packages, two of which install one file."""
    folder = tmp_path / "channel"
    assemble(
        folder,
        tmp_path / "files",
        {"name": "mpi", "files": {"bin/mpirun": "one", "lib/mpi": "1"}},
        {"name": "tools", "files": {"bin/mpirun": "another"}, "depends": ["low"]},
        {"name": "low", "files": {"share/low": "1"}},
    )
    devenv("conda", "index", folder)
    return folder


def ids(devenv: Devenv, *arguments: object) -> dict[str, list[str]]:
    """id -> what, of the findings."""
    done = devenv("conda", *arguments, "--json", code=None)
    found: dict[str, list[str]] = {}
    for one in json.loads(done.stdout).get("findings", []):
        found.setdefault(one["id"], []).append(one["what"])
    return found


def test_a_sound_channel(devenv: Devenv, channel: Path, tmp_path: Path) -> None:
    assert len(channel_records(channel)) == 3
    (channel / "linux-64" / "tools-1-0.conda").unlink()
    devenv("conda", "index", channel)
    assert ids(devenv, "verify", channel) == {}
    assert not list(channel.glob(".index"))


def test_what_is_wrong_with_a_file_is_named_and_the_rest_is_indexed(
    devenv: Devenv, channel: Path
) -> None:
    """The library indexes a renamed file and one of another platform, and panics on a truncated one."""
    folder = channel / "linux-64"
    shutil.copy(folder / "low-1-0.conda", folder / "lower-1-0.conda")
    whole = (folder / "mpi-1-0.conda").read_bytes()
    (folder / "mpi-2-0.conda").write_bytes(whole[: len(whole) // 2])
    (folder / "nothing-1-0.conda").write_bytes(b"")
    (channel / "noarch").mkdir(exist_ok=True)
    shutil.copy(folder / "low-1-0.conda", channel / "noarch" / "low-1-0.conda")
    for verb in ("index", "verify"):
        found = ids(devenv, verb, channel)
        assert found["conda-renamed"] == [
            "linux-64/lower-1-0.conda was renamed: it is low-1-0.conda"
        ]
        assert found["conda-damaged"] == [
            "linux-64/mpi-2-0.conda cannot be read",
            "linux-64/nothing-1-0.conda cannot be read",
        ]
        assert found["conda-subdir"] == ["noarch/low-1-0.conda is a package for linux-64"]
        devenv("conda", verb, channel, code=1)
    assert sorted(channel_records(channel)) == [
        "linux-64/low-1-0.conda",
        "linux-64/mpi-1-0.conda",
        "linux-64/tools-1-0.conda",
    ]


@pytest.mark.parametrize("subdir", ["../../out", "", "linux-64/.."])
def test_a_package_that_names_no_platform_goes_nowhere(
    devenv: Devenv, channel: Path, tmp_path: Path, subdir: str
) -> None:
    """Its platform would become a folder of the channel, or of another one."""
    bad = repacked(channel / "linux-64" / "low-1-0.conda", tmp_path / "bad", subdir=subdir)
    before = sorted(tmp_path.rglob("*.conda"))
    done = devenv("conda", "upload", bad, "-c", tmp_path / "a/b/target", code=2)
    assert f"is for no valid platform: {subdir!r}" in done.stdout
    assert sorted(tmp_path.rglob("*.conda")) == before
    bad.rename(channel / "linux-64" / "low-2-0.conda")
    assert (
        "low-2-0.conda is for no valid platform"
        in ids(devenv, "index", channel)["conda-damaged"][0]
    )
    assert len(channel_records(channel)) == 3


def repacked(package: Path, folder: Path, **index: str) -> Path:
    """A copy of a package whose index.json says something else."""
    folder.mkdir()
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(folder / package.name, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, _with_index(data, index) if name.startswith("info-") else data)
    return folder / package.name


def _with_index(data: bytes, index: dict[str, str]) -> bytes:
    text = subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    result = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(text)) as source,
        tarfile.open(fileobj=result, mode="w") as target,
    ):
        for one in source.getmembers():
            stream = source.extractfile(one)
            content = stream.read() if stream else b""
            if one.name == "info/index.json":
                content = json.dumps({**json.loads(content), **index}).encode()
                one.size = len(content)
            target.addfile(one, io.BytesIO(content))
    packed = subprocess.run(
        ["zstd", "-c"], input=result.getvalue(), capture_output=True, check=True
    )
    return packed.stdout


def test_a_record_of_a_replaced_file_does_not_stay(
    devenv: Devenv, channel: Path, tmp_path: Path
) -> None:
    """Also where the new file is older than the index."""
    place = channel / "linux-64" / "low-1-0.conda"
    before = channel_records(channel)["linux-64/low-1-0.conda"]["sha256"]
    other = tmp_path / "other"
    assemble(other, tmp_path / "more", {"name": "low", "files": {"share/low": "2"}})
    new = other / "linux-64" / "low-1-0.conda"
    os.utime(new, (1, 1))
    new.replace(place)
    assert ids(devenv, "verify", channel)["conda-stale"] == [
        "the index has an old record of linux-64/low-1-0.conda: size or hash differ from the file"
    ]
    devenv("conda", "index", channel)
    after = channel_records(channel)["linux-64/low-1-0.conda"]["sha256"]
    assert after != before
    assert "conda-stale" not in ids(devenv, "verify", channel)


def test_what_the_index_lacks_or_has_too_much_is_named(devenv: Devenv, channel: Path) -> None:
    folder = channel / "linux-64"
    (folder / "low-1-0.conda").unlink()
    index = json.loads((folder / "repodata.json").read_text())
    del index["packages.conda"]["mpi-1-0.conda"]
    (folder / "repodata.json").write_text(json.dumps(index))
    found = ids(devenv, "verify", channel)
    assert found["conda-missing"] == ["the index lists linux-64/low-1-0.conda, which is missing"]
    assert found["conda-unlisted"] == ["the index does not list linux-64/mpi-1-0.conda"]
    devenv("conda", "index", channel)
    assert sorted(channel_records(channel)) == [
        "linux-64/mpi-1-0.conda",
        "linux-64/tools-1-0.conda",
    ]


def test_what_a_killed_index_left_changes_no_package(devenv: Devenv, channel: Path) -> None:
    """It indexes a folder of links: one of them is still the package that was there before."""
    package = channel / "linux-64" / "low-1-0.conda"
    earlier = channel / "earlier"
    earlier.write_bytes(b"the content of before")
    left = channel / ".index" / "linux-64" / package.name
    left.parent.mkdir(parents=True)
    left.hardlink_to(earlier)
    (channel / "linux-64" / "repodata.json").unlink()
    shutil.rmtree(devenv.home / "conda" / "inspected")
    devenv("conda", "index", channel)
    assert f"linux-64/{package.name}" in channel_records(channel)
    assert earlier.read_bytes() == b"the content of before"
    assert not (channel / ".index").exists()


def test_a_damaged_index_is_written_anew(devenv: Devenv, channel: Path) -> None:
    (channel / "linux-64" / "repodata.json").write_text("{")
    done = devenv("conda", "verify", channel, code=6)
    assert "repodata.json is damaged" in done.stdout
    devenv("conda", "index", channel)
    assert len(channel_records(channel)) == 3


def test_a_clobber_is_found_with_the_one_that_would_stay(
    devenv: Devenv, channel: Path, tmp_path: Path
) -> None:
    """The words are held to what an installation does."""
    (what,) = ids(devenv, "verify", channel)["conda-clobber"]
    assert what == "tools-1-0 and mpi-1-0 both install bin/mpirun"
    done = devenv("conda", "verify", channel)
    assert "mpi's would stay; tools would be broken" in done.stdout
    assert installed(devenv, channel, tmp_path / "prefix", "mpi", "tools")["bin/mpirun"] == "one"


def test_a_package_is_checked_against_all_that_is_installed_with_it(
    devenv: Devenv, channel: Path, tmp_path: Path
) -> None:
    """Before the upload: low comes in by tools, and owns the file already."""
    new = tmp_path / "new"
    files = {"share/low": "mine", "share/new": "1"}
    assemble(new, tmp_path / "more", {"name": "new", "files": files, "depends": ["tools"]})
    package = new / "linux-64" / "new-1-0.conda"
    done = devenv("conda", "verify", package, "--channel", channel, code=1)
    assert "low-1-0 and new-1-0 both install share/low" in done.stdout
    assert "new's would stay; low would be broken" in done.stdout


def installed(devenv: Devenv, channel: Path, prefix: Path, *specs: str) -> dict[str, str]:
    """The files of a fresh prefix."""
    install(devenv, prefix, channel, *specs)
    return {
        str(path.relative_to(prefix)): path.read_text()
        for path in prefix.rglob("*")
        if path.is_file() and path.name in ("mpirun", "low")
    }


@pytest.fixture
def two_channels(devenv: Devenv, tmp_path: Path) -> tuple[Path, Path]:
    """An organisation's channel and a large one, whose numpy is newer."""
    ours, large = tmp_path / "ours", tmp_path / "large"
    numpy = [{"name": "numpy", "version": v} for v in ("1.26", "2.1")]
    assemble(
        ours, tmp_path / "f", numpy[0], {"name": "hnn", "version": "0.5", "depends": ["numpy"]}
    )
    assemble(large, tmp_path / "g", numpy[0], numpy[1], {"name": "hnn", "version": "0.4"})
    devenv("conda", "index", ours)
    devenv("conda", "index", large)
    return ours, large


def chosen(
    devenv: Devenv, *channels: Path, priority: str = "strict"
) -> dict[str, tuple[str, str, str]]:
    arguments = [part for one in channels for part in ("--channel", one)]
    done = devenv("conda", "search", "hnn", "--solve", "--priority", priority, *arguments)
    rows = [line.split(None, 4) for line in done.stdout.splitlines()]
    return {r[0]: (r[1], r[3], r[4]) for r in rows if r[0] in ("hnn", "numpy")}


def test_the_order_of_channels_decides_and_the_reason_is_said(
    devenv: Devenv, two_channels: tuple[Path, Path]
) -> None:
    ours, large = two_channels
    first = chosen(devenv, ours, large)
    assert first["hnn"] == ("0.5", "ours", "0.4 of large excluded by priority")
    assert first["numpy"] == ("1.26", "ours", "1.26, 2.1 of large excluded by priority")
    second = chosen(devenv, large, ours)
    assert second["hnn"] == ("0.4", "large", "0.5 of ours excluded by priority")
    free = chosen(devenv, large, ours, priority="disabled")
    assert free["hnn"][:2] == ("0.5", "ours")
    assert free["numpy"][:2] == ("2.1", "large")


def test_search_takes_the_sites_spelling(devenv: Devenv, tmp_path: Path) -> None:
    """``=*=*_site``, as environment files have it."""
    folder = tmp_path / "site"
    builds = ["py312_0", "py312_mycluster"]
    assemble(folder, tmp_path / "f", *({"name": "mpi4py", "build": one} for one in builds))
    devenv("conda", "index", folder)
    done = devenv("conda", "search", "mpi4py=*=*_mycluster", "-c", folder)
    assert done.stdout.count("mpi4py ") == 1
    assert "py312_mycluster" in done.stdout


def test_a_build_string_is_no_path(devenv: Devenv, tmp_path: Path) -> None:
    """It is part of the file's name, which the library does not check."""
    recipe = tmp_path / "recipe" / "meta.yaml"
    recipe.parent.mkdir()
    recipe.write_text(
        "package: {name: x, version: '1'}\n"
        "build: {string: 0/../../../x, script: 'echo 1 > $PREFIX/x'}\n"
    )
    done = devenv("conda", "build", recipe, "--output", tmp_path / "out", code=2)
    assert "invalid build string: '0/../../../x'" in done.stdout
    assert not list(tmp_path.rglob("*.conda"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("index", "nowhere"), "nowhere is not a directory"),
        (("verify", "nowhere"), "nowhere: no such file or directory"),
        (("search", "numpy"), "which channel?"),
        (("search", "numpy", "-c", "./nowhere"), "nowhere is not a directory"),
        (("search", "no-such", "-c", "channel"), "no package matches no-such"),
        (("search", "low 9", "-c", "channel", "--solve"), "No candidates were found for low 9"),
        (("search", "low", "-c", "channel", "--solve", "--priority", "high"), "'high'"),
    ],
)
def test_bad_input_is_named(
    devenv: Devenv, channel: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = devenv("conda", *arguments, code=2)
    assert message in done.stdout
