"""devenv conda build: packages built and tested from recipes, and nothing half made in a channel."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conda_parts import channel_records, contents, interpreters, make_python, write
from support import Devenv, plain_environ, small_disk

from devenv.products.conda.publishing import publish

pytestmark = pytest.mark.real

META = """\
{% set version = environ.get('ALPHA_VERSION', '1.2') %}
package:
  name: alpha
  version: '{{ version }}'
source:
  path: src
build:
  number: 3
  script_env:
    - SITE
requirements:
  host: [python, pip]
  run: [python]
test:
  imports: [alpha]
  commands:
    - test -f $PREFIX/etc/conda/activate.d/alpha_activate.sh
"""
BUILD = """\
#!/bin/bash
mkdir -p "$SP_DIR" "$PREFIX/etc/conda/activate.d"
echo "SITE = '$SITE'; PYTHON = '$PY_VER'" >> alpha.py
cp alpha.py "$SP_DIR"
cp "$RECIPE_DIR/scripts/activate.sh" "$PREFIX/etc/conda/activate.d/${PKG_NAME}_activate.sh"
"""
ALPHA = {
    "meta.yaml": META,
    "build.sh": BUILD,
    "src/alpha.py": "ANSWER = 42\n",
    "scripts/activate.sh": "export ALPHA=1\n",
    "run_test.py": "import os, alpha\nassert alpha.ANSWER == 42 and os.environ['ALPHA'] == '1'\n",
}
VERSIONS = [v for v in ("3.11", "3.12", "3.13") if v in interpreters()][:2]


@pytest.fixture(scope="module")
def pythons(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A channel with stand-ins for python, and pip."""
    folder = tmp_path_factory.mktemp("pythons")
    make_python(make_devenv("conda-python"), folder, folder / "channel", *VERSIONS)
    return folder / "channel"


@pytest.fixture
def channel(pythons: Path, tmp_path: Path) -> Path:
    """A channel of the test's own, with python in it."""
    return Path(shutil.copytree(pythons, tmp_path / "channel"))


@pytest.fixture
def alpha(tmp_path: Path) -> Path:
    return write(tmp_path / "alpha", ALPHA)


def packages(channel: Path, name: str) -> dict[str, Path]:
    """build string -> file, of the packages that the index has."""
    return {
        record["build"]: channel / place
        for place, record in channel_records(channel).items()
        if record["name"] == name
    }


def test_a_meta_yaml_is_built_for_every_python_and_tested(
    devenv: Devenv, alpha: Path, channel: Path
) -> None:
    done = devenv(
        "conda", "build", alpha, "--python", ",".join(VERSIONS), "--output", channel, SITE="derecho"
    )
    assert done.stdout.count("built and tested") == len(VERSIONS)
    made = packages(channel, "alpha")
    assert len(made) == len(VERSIONS)
    for version in VERSIONS:
        prefix = f"py{version.replace('.', '')}h"
        (file,) = [path for build, path in made.items() if build.startswith(prefix)]
        assert file.stat().st_mode & 0o777 == 0o644
        found = contents(file)
        text = found[f"lib/python{version}/site-packages/alpha.py"].decode()
        assert f"SITE = 'derecho'; PYTHON = '{version}'" in text
        assert found["etc/conda/activate.d/alpha_activate.sh"] == b"export ALPHA=1\n"
        assert b"run_test.py" in found["info/tests/tests.yaml"]
    assert not (alpha / "recipe.yaml").exists()
    assert {p.name for p in channel.glob("[!.]*")} == {"noarch", "linux-64"}


def test_modules_of_the_site_are_loaded_before(
    devenv: Devenv, alpha: Path, channel: Path, tmp_path: Path
) -> None:
    """For the rendering, and for the script; another module is another build."""
    (tmp_path / "modules").mkdir()
    for site, version in (("east", "1.5"), ("west", "1.6")):
        text = f"#%Module\nsetenv SITE {site}\nsetenv ALPHA_VERSION {version}\n"
        (tmp_path / "modules" / site).write_text(text)
    build = ("conda", "build", alpha, "--python", VERSIONS[0], "--output", channel)
    environ = {"MODULEPATH": str(tmp_path / "modules")}
    for site, version in (("east", "1.5"), ("west", "1.6")):
        devenv(*build, "--base", f"modules:{site}", **environ)
        (package,) = channel.glob(f"*/alpha-{version}-*.conda")
        (text,) = [d for name, d in contents(package).items() if name.endswith("packages/alpha.py")]
        assert f"SITE = '{site}'".encode() in text
    refused = devenv(*build, "--base", "modules:north", code=6, **environ).stdout
    assert "the module north cannot be loaded" in refused


def test_only_what_changed_is_built_again(devenv: Devenv, alpha: Path, channel: Path) -> None:
    arguments = ("conda", "build", alpha, "--python", ",".join(VERSIONS), "--output", channel)
    devenv(*arguments)
    dates = {path: path.stat().st_mtime_ns for path in packages(channel, "alpha").values()}
    assert devenv(*arguments).stdout.count("unchanged") == len(VERSIONS)
    assert {path: path.stat().st_mtime_ns for path in dates} == dates
    next(iter(dates)).unlink()
    told = devenv(*arguments).stdout
    assert (told.count("published"), told.count("unchanged")) == (1, len(VERSIONS) - 1)
    (alpha / "src" / "alpha.py").write_text("ANSWER = 6 * 7\n")
    assert devenv(*arguments).stdout.count("built and tested") == len(VERSIONS)
    texts = [contents(path) for path in packages(channel, "alpha").values()]
    assert all(b"6 * 7" in b"".join(one.values()) for one in texts)
    (alpha / "src" / "more.py").symlink_to(write(alpha.parent, {"more.py": "X = 1"}) / "more.py")
    for text in ("X = 2", "X = 3"):
        (alpha.parent / "more.py").write_text(text)
        assert devenv(*arguments).stdout.count("built and tested") == len(VERSIONS)
    assert devenv(*arguments, ALPHA_VERSION="2.0").stdout.count("-2.0-") == len(VERSIONS)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("run_test.py", "raise SystemExit('it does not work')\n", "it does not work"),
        ("build.sh", "cp no-such-file here\n", "no-such-file"),
        ("meta.yaml", META.replace("pip]", "pip 99.*]"), "pip 99.*"),
        ("meta.yaml", META.replace("path: src", "path: nowhere"), "nowhere"),
    ],
)
def test_what_fails_does_not_reach_the_channel(
    devenv: Devenv, alpha: Path, channel: Path, file: str, text: str, message: str
) -> None:
    before = channel_records(channel)
    (alpha / file).write_text(text)
    done = devenv("conda", "build", alpha, "--output", channel, code=None)
    assert done.returncode
    assert message in done.stdout
    assert channel_records(channel) == before
    assert not list(channel.rglob("*alpha*"))
    assert not [*(devenv.home / "conda" / "cells").glob("*")]


def test_a_package_without_files_is_refused(devenv: Devenv, tmp_path: Path, channel: Path) -> None:
    """A failed command in a pipe: the script ends with 0, and the package would be empty."""
    meta = "package:\n  name: hollow\n  version: 1.0\nbuild:\n  number: 0\n"
    recipe = write(tmp_path / "hollow", {"meta.yaml": meta, "build.sh": "false | tail\n"})
    done = devenv("conda", "build", recipe, "--output", channel, code=4)
    assert "hollow-1.0" in done.stdout
    assert "the build put no files into it" in done.stdout
    assert not list(channel.rglob("*hollow*"))


def test_a_package_that_only_stands_for_others_may_be_empty(
    devenv: Devenv, tmp_path: Path, channel: Path
) -> None:
    meta = "package:\n  name: all\n  version: 1.0\nrequirements:\n  run: [pip]\n"
    devenv("conda", "build", write(tmp_path / "all", {"meta.yaml": meta}), "--output", channel)
    assert packages(channel, "all")


def test_a_recipe_is_built_after_those_that_it_needs_and_again_when_they_change(
    devenv: Devenv, tmp_path: Path, channel: Path
) -> None:
    files = {
        "meta.yaml": "package:\n  name: low\n  version: 1.0\n",
        "build.sh": "echo 1 > $PREFIX/low\n",
    }
    low = write(tmp_path / "low", files)
    meta = "package:\n  name: high\n  version: 1.0\nrequirements:\n  host: [low]\n  run: [low]\n"
    high = write(
        tmp_path / "high", {"meta.yaml": meta, "build.sh": "cp $PREFIX/low $PREFIX/high\n"}
    )
    arguments = ("conda", "build", high, low, "--output", channel)
    told = devenv(*arguments).stdout
    assert told.index("low 1.0") < told.index("high 1.0")
    assert devenv(*arguments).stdout.count("unchanged") == 2
    (low / "build.sh").write_text("echo 2 > $PREFIX/low\n")
    assert devenv(*arguments).stdout.count("built and tested") == 2
    (file,) = packages(channel, "high").values()
    assert contents(file)["high"] == b"2\n"
    (low / "meta.yaml").write_text(files["meta.yaml"] + "requirements:\n  host: [high]\n")
    assert "cyclic dependencies" in devenv(*arguments, code=2).stdout


def test_outputs_of_one_build(devenv: Devenv, tmp_path: Path, channel: Path) -> None:
    """Two packages of one version: the minimal one, and the one with everything."""
    meta = """\
package:
  name: both
  version: 1.0
outputs:
  - name: minimal
    files: [share/minimal]
    test:
      commands: [test -f $PREFIX/share/minimal/a]
  - name: everything
    files: [share/more]
    requirements:
      run:
        - {{ pin_subpackage('minimal', exact=True) }}
    test:
      commands: [test -f $PREFIX/share/minimal/a, test -f $PREFIX/share/more/b]
"""
    script = "cd $PREFIX; mkdir -p share/{minimal,more}; touch share/minimal/a share/more/b\n"
    recipe = write(tmp_path / "both", {"meta.yaml": meta, "build.sh": script})
    devenv("conda", "build", recipe, "--output", channel)
    (minimal,), (everything,) = (packages(channel, n).values() for n in ("minimal", "everything"))
    assert "share/minimal/a" in contents(minimal)
    assert "share/minimal/a" not in contents(everything)
    records = channel_records(channel)
    depends = records[f"linux-64/{everything.name}"]["depends"]
    assert depends == [f"minimal ==1.0 {records[f'linux-64/{minimal.name}']['build']}"]


def test_a_recipe_yaml_with_its_variants(devenv: Devenv, tmp_path: Path, channel: Path) -> None:
    recipe = """\
package: {name: newer, version: '1'}
build:
  number: 0
  skip: [flavour == "sour"]
  script: echo ${{ flavour }} > $PREFIX/flavour
"""
    variants = "flavour: [sweet, salty, sour]\n"
    folder = write(tmp_path / "newer", {"recipe.yaml": recipe, "variants.yaml": variants})
    done = devenv("conda", "build", folder, "--output", channel)
    made = packages(channel, "newer").values()
    assert sorted(contents(one)["flavour"] for one in made) == [b"salty\n", b"sweet\n"]
    assert 'skipped: build/skip [flavour == "sour"]' in done.stdout


def test_what_is_not_understood_is_not_built(devenv: Devenv, alpha: Path, channel: Path) -> None:
    (alpha / "meta.yaml").write_text(META + "app:\n  entry: x\nabout:\n  frobnicate: 1\n")
    done = devenv("conda", "build", alpha, "--output", channel, code=2)
    assert f"{alpha}/meta.yaml, line 18: app is not understood" in done.stdout
    assert "line 21: about/frobnicate is not understood" in done.stdout
    assert not list(channel.rglob("*alpha*"))


@pytest.mark.parametrize("recipe", ["", "nothing-here", "src"])
def test_no_recipe_is_named(devenv: Devenv, alpha: Path, recipe: str) -> None:
    path = alpha.parent if not recipe else alpha / recipe
    done = devenv("conda", "build", path, code=2)
    assert str(path) in done.stdout


def test_killed_at_any_moment_the_channel_is_whole(
    devenv: Devenv, alpha: Path, channel: Path
) -> None:
    """Later and later, until it is through: every package of the index is there and whole."""
    argv = [sys.executable, "-m", "devenv", "conda", "build", str(alpha), "--output", str(channel)]
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    for moment in range(12):
        process = subprocess.Popen(argv, env=environ, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(0.12 * moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for place, record in channel_records(channel).items():
            assert (channel / place).stat().st_size == record["size"]
        for path in channel.rglob("*.conda"):
            assert contents(path)["info/index.json"]
    done = devenv("conda", "build", alpha, "--output", channel)
    assert "alpha 1.2" in done.stdout
    assert len(packages(channel, "alpha")) == 1
    assert not list(channel.rglob(".*.part"))


def test_killed_before_the_index_is_written(
    devenv: Devenv, alpha: Path, channel: Path, tmp_path: Path
) -> None:
    """The index never names a file that was replaced: its record goes first."""
    devenv("conda", "build", alpha, "--output", channel)
    (place,) = [place for place in channel_records(channel) if "alpha" in place]
    before = channel / place
    new = tmp_path / "new"
    shutil.copytree(channel, new)
    (alpha / "src" / "alpha.py").write_text("ANSWER = 40 + 2\n")
    devenv("conda", "build", alpha, "--output", new)
    assert (new / place).read_bytes() != before.read_bytes()
    publish(new / place, before)
    assert place not in channel_records(channel)
    devenv("conda", "build", alpha, "--output", channel)
    assert channel_records(channel)[place]["size"] == before.stat().st_size


def test_a_channel_on_a_full_disk(devenv: Devenv, tmp_path: Path) -> None:
    """Nothing half made is in it, and the package is not built again once there is room."""
    script = "head -c 600000 /dev/urandom > $PREFIX/big"
    recipe = f"package: {{name: big, version: '1'}}\nbuild: {{number: 0, script: '{script}'}}\n"
    folder = write(tmp_path / "big", {"meta.yaml": recipe})
    with small_disk(tmp_path / "disk", "400k") as disk:
        channel = disk / "channel"
        done = devenv("conda", "build", folder, "--output", channel, code=6)
        assert f"{channel}/linux-64/" in done.stdout
        assert "the disk is full" in done.stdout
        assert channel_records(channel) == {}
        assert {path.name for path in channel.rglob("*") if path.is_file()} == {"repodata.json"}
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert "published" in devenv("conda", "build", folder, "--output", channel).stdout
        assert packages(channel, "big")


def test_a_token_reaches_the_script_and_nothing_else(
    devenv: Devenv, alpha: Path, channel: Path
) -> None:
    (alpha / "meta.yaml").write_text(META.replace("- SITE", "- SITE\n    - FETCH_TOKEN"))
    (alpha / "build.sh").write_text(BUILD + 'test ${#FETCH_TOKEN} = 12\necho "$FETCH_TOKEN"\n')
    done = devenv("conda", "build", alpha, "--output", channel, FETCH_TOKEN="s3cret-value")  # noqa: S106
    assert "built and tested" in done.stdout
    (package,) = packages(channel, "alpha").values()
    assert b"s3cret-value" not in b"".join(contents(package).values())
    for path in (*devenv.home.rglob("*"), *channel.rglob("*")):
        if path.is_file():
            assert b"s3cret-value" not in path.read_bytes(), path
