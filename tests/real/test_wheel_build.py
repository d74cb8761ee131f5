"""devenv wheel build with real compilers and interpreters of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support import Devenv, plain_environ, small_disk
from trees import tree
from wheel_samples import layered, simple

from devenv.system.pythons import pythons

pytestmark = pytest.mark.real

FOUND = {p.tag: p for p in pythons(os.environ) if p.headers and int(p.version.split(".")[1]) >= 10}
TWO = tuple(sorted(FOUND))[:2]


@pytest.fixture(autouse=True)
def two_interpreters() -> None:
    if len(TWO) < 2:
        pytest.skip("a matrix needs two Pythons from 3.10 on with headers on this machine")


def matrix(devenv: Devenv, source: object, *options: object, code: int = 0) -> list[dict[str, Any]]:
    done = devenv("wheel", "build", source, "--json", *options, code=code).stdout
    found: list[dict[str, Any]] = json.loads(done[done.index('{\n  "schema"') :])["cells"]
    return found


def states(cells: list[dict[str, Any]]) -> list[str]:
    return [cell["state"] for cell in cells]


def asked(tags: tuple[str, ...] = TWO) -> tuple[str, str]:
    return "--python", ",".join(tags)


def says(wheel: Path, into: Path, code: str) -> str:
    """What a Python of the wheel's own version prints with the wheel installed and nothing else."""
    python = FOUND[wheel.name.split("-")[2]].path
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index"]
    pip += ["--no-deps", "--target", str(into), "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True)
    environ = {**plain_environ(), "PYTHONPATH": str(into)}
    argv = [python, "-c", code]
    done = subprocess.run(argv, env=environ, text=True, capture_output=True, check=False)
    return done.stdout.strip() or done.stderr


def test_a_matrix_is_built_once_and_only_what_changed_again(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    house = tmp_path / "wheelhouse"
    first = matrix(devenv, source, *asked())
    assert states(first) == ["built", "built"]
    wheels = sorted(house.glob("*.whl"))
    assert [wheel.name for wheel in wheels] == sorted(cell["wheel"] for cell in first)
    for number, wheel in enumerate(wheels):
        code = "import simple; print(simple.answer())"
        assert says(wheel, tmp_path / f"into{number}", code) == "42"
    logs = {cell["log"]: Path(cell["log"]).read_bytes() for cell in first}
    assert states(matrix(devenv, source, *asked())) == ["cached", "cached"]
    assert {log: Path(log).read_bytes() for log in logs} == logs
    wheels[0].unlink()
    assert states(matrix(devenv, source, *asked())) == ["cached", "cached"]
    assert sorted(house.glob("*.whl")) == wheels
    text = (source / "simple.c").read_text()
    (source / "simple.c").write_text(text.replace("ANSWER 42", "ANSWER 43"))
    assert states(matrix(devenv, source, *asked(TWO[:1]))) == ["built"]
    assert says(wheels[0], tmp_path / "again", "import simple; print(simple.answer())") == "43"
    (source / "simple.c").write_text(text)
    assert states(matrix(devenv, source, *asked())) == ["cached", "cached"]


def test_internal_libraries_are_found_and_exceptions_cross_them(
    devenv: Devenv, tmp_path: Path
) -> None:
    source = layered(tmp_path / "layered")
    (cell,) = matrix(devenv, source, *asked(TWO[:1]))
    wheel = tmp_path / "wheelhouse" / cell["wheel"]
    assert cell["tags"][0].split("-")[2].startswith("manylinux_2_")
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("layered.libs/libbz2-") for name in names)
    code = "import layered as l; print(l.answer(), l.caught(), l.opened())"
    assert says(wheel, tmp_path / "into", code) == "42 db plugin"
    checked = devenv("wheel", "check", wheel).stdout
    assert "ERROR" not in checked


def test_the_second_interpreter_takes_objects_of_the_first(devenv: Devenv, tmp_path: Path) -> None:
    """Three of the four C++ files do not see Python.h; debug paths and build folders do not count.

    The newest interpreter here: 3.12 and later ask for other options than those before.
    """
    source = layered(tmp_path / "layered")
    environ = {"CCACHE_DIR": str(tmp_path / "ccache")}
    own = Devenv(devenv.home, environ)
    matrix(own, source, *asked(TWO[:1]))
    before = statistics(environ)
    matrix(own, source, *asked((max(FOUND),)))
    after = statistics(environ)
    assert before["hit"] == 0
    assert after["hit"] - before["hit"] >= 3


def statistics(environ: Mapping[str, str]) -> dict[str, int]:
    argv, both = ["ccache", "--print-stats"], {**os.environ, **environ}
    listed = subprocess.run(argv, env=both, text=True, capture_output=True, check=True).stdout
    counts = dict(line.split("\t") for line in listed.splitlines())
    hits = int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"])
    return {"hit": hits, "miss": int(counts["cache_miss"])}


def test_zig_builds_for_an_old_system_and_refuses_what_it_cannot(
    devenv: Devenv, tmp_path: Path
) -> None:
    """The compilers are in a folder that is named for the source: CC cannot have a blank."""
    (cell,) = matrix(devenv, simple(tmp_path / "a simple 'one'"), *asked(TWO[:1]), "--in", "zig")
    assert f"{TWO[0]}-{TWO[0]}-manylinux2014_x86_64" in cell["tags"]
    wheel = tmp_path / "wheelhouse" / cell["wheel"]
    assert says(wheel, tmp_path / "into", "import simple; print(simple.answer())") == "42"
    source = layered(tmp_path / "layered")
    (cell,) = matrix(devenv, source, *asked(TWO[:1]), "--in", "zig", code=4)
    assert "bz2" in cell["error"]
    assert "--in IMAGE" in cell["error"]
    setup, tl = source / "setup.py", source / "src" / "tl.cc"
    setup.write_text(setup.read_text().replace('("bz2",)', "()"))
    tl.write_text(tl.read_text().replace("BZ2_bzlibVersion()", '"1"'))
    (cell,) = matrix(devenv, source, *asked(TWO[:1]), "--in", "zig", code=4)
    assert "share C++ code" in cell["error"]
    assert "layered/lib_db.so" in cell["error"]
    assert [path.name for path in (tmp_path / "wheelhouse").iterdir()] == [wheel.name]


@pytest.mark.parametrize("in_git", [False, True], ids=["a folder", "a repository"])
def test_wheels_and_report_in_the_source_are_no_part_of_it(
    devenv: Devenv, tmp_path: Path, in_git: bool
) -> None:
    """As typed most often: the source is the current directory, and the output is in it."""
    source = simple(tmp_path / "simple")
    if in_git:
        subprocess.run(["git", "init", "-q", str(source)], check=True)
    report = source / "report.html"
    for expected in ("built", "cached"):
        argv = ("wheel", "build", "--json", *asked(TWO[:1]), "--report", report)
        done = devenv(*argv, cwd=source).stdout
        (cell,) = json.loads(done[done.index('{\n  "schema"') :])["cells"]
        assert cell["state"] == expected
    assert report.is_file()
    assert (source / "wheelhouse" / cell["wheel"]).is_file()
    (source / "more.c").write_text("")
    assert states(matrix(devenv, source, *asked(TWO[:1]))) == ["built"]


def test_a_file_that_a_link_out_of_the_source_leads_to_is_part_of_it(
    devenv: Devenv, tmp_path: Path
) -> None:
    source, outer = simple(tmp_path / "simple"), tmp_path / "elsewhere.c"
    (source / "simple.c").rename(outer)
    (source / "simple.c").symlink_to(outer)
    assert states(matrix(devenv, source, *asked(TWO[:1]))) == ["built"]
    outer.write_text(outer.read_text().replace("ANSWER 42", "ANSWER 7"))
    (cell,) = matrix(devenv, source, *asked(TWO[:1]))
    assert cell["state"] == "built"
    wheel = tmp_path / "wheelhouse" / cell["wheel"]
    assert says(wheel, tmp_path / "into", "import simple; print(simple.answer())") == "7"


def test_variables_that_reach_a_build_are_part_of_it(devenv: Devenv, tmp_path: Path) -> None:
    """Those that its build files name, and those of the compiler; no other one."""
    source, found = simple(tmp_path / "simple"), tmp_path / "include" / "found.h"
    setup = (source / "setup.py").read_text().replace("])])", "], define_macros=MACROS)])")
    opt = "import os\nMACROS = [('ANSWER', os.environ.get('SIMPLE_TOKEN', '1'))]\n"
    (source / "setup.py").write_text(f"{opt}{setup}")
    code = (source / "simple.c").read_text().replace("? 0 : ANSWER", "? 0 : ANSWER + MORE")
    more = '#if __has_include("found.h")\n#include "found.h"\n#else\n#define MORE 0\n#endif\n'
    (source / "simple.c").write_text(f"{more}{code}")
    found.parent.mkdir()
    found.write_text("#define MORE 5000")
    for number, (variables, answer, state) in enumerate(
        (
            ({"SIMPLE_TOKEN": "654321"}, 654321, "built"),
            ({}, 1, "built"),
            ({"CPATH": str(found.parent)}, 5001, "built"),
            ({"SIMPLE_OTHER": "1", "USER": "x"}, 1, "cached"),
        )
    ):
        done = devenv("wheel", "build", source, "--json", *asked(TWO[:1]), **variables).stdout
        (cell,) = json.loads(done[done.index('{\n  "schema"') :])["cells"]
        assert cell["state"] == state
        wheel, into = tmp_path / "wheelhouse" / cell["wheel"], tmp_path / f"into{number}"
        assert says(wheel, into, "import simple; print(simple.answer())") == str(answer)
    records = [*devenv.home.glob("wheels/built/*/inputs.json")]
    assert len(records) == 3
    assert [path for path in records if "654321" in path.read_text()] == []


def test_several_builds_at_once_put_their_wheels_into_one_folder(
    devenv: Devenv, tmp_path: Path
) -> None:
    """A large wheel: to copy it takes a while."""
    source = simple(tmp_path / "simple")
    (source / "simple").mkdir()
    (source / "simple" / "__init__.py").write_text("")
    (source / "simple" / "data.bin").write_bytes(os.urandom(24 << 20))
    (source / "setup.py").write_text(
        "from setuptools import setup\n"
        'setup(packages=["simple"], package_data={"simple": ["*.bin"]})\n'
    )
    (cell,) = matrix(devenv, source, *asked(TWO[:1]))
    argv = [sys.executable, "-m", "devenv", "wheel", "build", str(source), *asked(TWO[:1])]
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    for number in range(2):
        house = tmp_path / f"house{number}"
        command = [*argv, "--output", str(house)]
        together = [
            subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL)
            for _ in range(4)
        ]
        assert [process.wait() for process in together] == [0] * 4
        (wheel,) = house.iterdir()
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == cell["sha256"]


VARIANTS = """
[tool.devenv.wheel.variants.gpu]
name = "{name}-gpu"
environment = { CFLAGS = "-DANSWER=7" }
"""


def test_a_variant_has_its_name_and_variables_and_leaves_the_source_alone(
    devenv: Devenv, tmp_path: Path
) -> None:
    source = simple(tmp_path / "simple", more=VARIANTS)
    before = tree(source)
    options = ("--variant", "plain", "--variant", "gpu")
    cells = matrix(devenv, source, *asked(TWO[:1]), *options)
    assert [cell["variant"] for cell in cells] == ["", "gpu"]
    plain, gpu = (tmp_path / "wheelhouse" / cell["wheel"] for cell in cells)
    assert gpu.name.startswith("simple_gpu-1.0-")
    assert b"Name: simple-gpu" in zipfile.ZipFile(gpu).read("simple_gpu-1.0.dist-info/METADATA")
    assert says(plain, tmp_path / "a", "import simple; print(simple.answer())") == "42"
    assert says(gpu, tmp_path / "b", "import simple; print(simple.answer())") == "7"
    assert tree(source) == before


def test_one_wheel_of_the_stable_abi_is_enough(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    setup = source / "setup.py"
    macros = '["simple.c"], define_macros=[("Py_LIMITED_API", "0x030A0000")], py_limited_api=True'
    text = setup.read_text().replace('["simple.c"]', macros)
    setup.write_text(
        text.replace("setup(", 'setup(options={"bdist_wheel": {"py_limited_api": "cp310"}}, ')
    )
    cells = matrix(devenv, source, *asked())
    assert states(cells) == ["built", "covered"]
    assert len(list((tmp_path / "wheelhouse").iterdir())) == 1
    assert "-abi3-" in cells[1]["wheel"]


def test_a_cell_that_fails_does_not_stop_the_others(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    minor = int(FOUND[TWO[0]].version.split(".")[1])
    guard = f"#if PY_MINOR_VERSION == {minor}\n#error too old\n#endif\n"
    with (source / "simple.c").open("a") as file:
        file.write(guard)
    report = tmp_path / "report.html"
    cells = matrix(devenv, source, *asked(), "--report", report, code=4)
    assert states(cells) == ["failed", "built"]
    page = report.read_text()
    assert "(exit code 4)" in page
    assert "#error too old" in page
    assert cells[1]["wheel"] in page
    assert not re.search(r"(src|href)=", page)
    assert "too old" in cells[0]["error"]
    assert "too old" in Path(cells[0]["log"]).read_text()
    assert [p.name for p in (tmp_path / "wheelhouse").iterdir()] == [cells[1]["wheel"]]


def test_a_repository_at_a_tag(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-C", str(source)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    text = (source / "simple.c").read_text()
    (source / "simple.c").write_text(text.replace("ANSWER 42", "ANSWER 1"))
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    (cell,) = matrix(devenv, f"file://{source}@v1", *asked(TWO[:1]))
    wheel = tmp_path / "wheelhouse" / cell["wheel"]
    assert says(wheel, tmp_path / "into", "import simple; print(simple.answer())") == "42"
    assert states(matrix(devenv, f"file://{source}@v1", *asked(TWO[:1]))) == ["cached"]
    said = devenv("wheel", "build", f"file://{source}@v9", code=None)
    assert said.returncode != 0
    assert "v9" in said.stdout


def test_a_dry_run_says_all_and_changes_nothing(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    before = tree(tmp_path)
    said = devenv("wheel", "build", source, *asked(), "--dry-run").stdout
    assert said.count("uv build --wheel --python") == 2
    assert "auditwheel repairs" in said
    assert tree(tmp_path) == before


def test_killed_at_any_moment_no_half_wheel_is_left(devenv: Devenv, tmp_path: Path) -> None:
    """The suite kills a few. By hand: DEVENV_KILL_ROUNDS=50 pytest -k killed_at_any_moment"""
    source = simple(tmp_path / "simple")
    house, built = tmp_path / "wheelhouse", devenv.home / "wheels" / "built"
    argv = [sys.executable, "-m", "devenv", "wheel", "build", str(source), *asked()]
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    rolled = random.Random(14)  # noqa: S311
    killed, longest = 0, 6.0
    for number in range(int(os.environ.get("DEVENV_KILL_ROUNDS", "5"))):
        if number % 3 == 0:  # what was built is not used any more
            with (source / "simple.c").open("a") as file:
                file.write(f"/* {number} */\n")
        process = subprocess.Popen(
            argv, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        began = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=rolled.uniform(0.3, longest))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            longest *= 1.2
        else:
            longest = time.monotonic() - began
        for wheel in house.glob("*.whl") if house.is_dir() else ():
            assert zipfile.ZipFile(wheel).testzip() is None
        for folder in built.glob("[!.]*") if built.is_dir() else ():  # all but staging folders
            record = json.loads((folder / "record.json").read_text())
            wheel = folder / record["file"]
            assert hashlib.sha256(wheel.read_bytes()).hexdigest() == record["sha256"]
    assert killed
    cells = matrix(devenv, source, *asked())
    assert set(states(cells)) <= {"built", "cached"}
    assert sorted(p.name for p in house.glob("*.whl")) == sorted(c["wheel"] for c in cells)
    assert not [p for p in house.iterdir() if p.suffix != ".whl"]
    assert not list((devenv.home / "wheels" / "work").glob("*"))


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "120k") as disk:
        source = simple(tmp_path / "simple")
        devenv = Devenv(disk / "home", {"CCACHE_DIR": str(tmp_path / "ccache")})
        argv = ("wheel", "build", source, *asked(TWO[:1]), "--output", tmp_path / "out")
        said = devenv(*argv, cwd=tmp_path, code=None)
        assert said.returncode not in (0, 1)
        assert "No space left on device" in said.stdout
        assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True
        assert not list((disk / "home").glob("wheels/built/[!.]*"))
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        devenv(*argv, cwd=tmp_path)
        assert len(list((tmp_path / "out").glob("*.whl"))) == 1


def test_a_read_only_output_is_named_before_anything_is_built(
    devenv: Devenv, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", "120k") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        source = simple(tmp_path / "simple")
        for options in (("--output", disk / "out"), ("--report", disk / "report.html")):
            argv = ("wheel", "build", source, *asked(TWO[:1]), *options)
            said = devenv(*argv, cwd=tmp_path, code=6).stdout
            assert f"{disk} is not writable" in said
        assert not (devenv.home / "wheels").exists()


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no directory": (("nowhere",), "nowhere is not a directory"),
    "no project": ((".",), "is not a Python project"),
    "no version": (("simple", "--python", "three"), "--python three: not a Python version"),
    "no interpreter": (("simple", "--python", "4.2"), "no Python 4.2 on this machine"),
    "excluded": (("simple", "--python", "3.9"), "3.9"),
    "no variant": (("simple", "--variant", "fast"), "no such variant"),
    "other machine": (("simple", "--arch", "sparc"), "--arch sparc"),
    "no pattern fits": (("simple", "--python", "2*"), "no Python 2* on this machine"),
    "output is a file": (("simple", "-o", "simple/setup.py"), "setup.py is not a directory"),
    "report is a folder": (("simple", "--report", "simple"), "simple is a directory"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(devenv: Devenv, tmp_path: Path, case: str) -> None:
    simple(tmp_path / "simple")
    arguments, words = BAD[case]
    done = devenv("wheel", "build", *arguments, code=2).stdout
    assert words in done
    assert done.count("error:") == 1
    assert not (tmp_path / "wheelhouse").exists()


def test_a_misspelt_key_is_named(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple", more="\n[tool.devenv.wheel]\nreparir = {}\n")
    said = devenv("wheel", "build", source, code=2).stdout
    assert "reparir" in said
    assert "Did you mean 'repair'?" in said


PYPROJECTS = {
    'tool = "x"': "tool is not a table",
    "tool.devenv = 1": "tool.devenv is not a table",
    "tool.cibuildwheel = []": "tool.cibuildwheel is not a table",
    "tool.cibuildwheel.linux = 1": "tool.cibuildwheel.linux is not a table",
    "tool.cibuildwheel.test-command = 1": "test-command is not text or a list",
    'project = "x"': "project is not a table",
    'project.requires-python = "new"': "requires-python is not a version specifier: 'new'",
    "project.requires-python = 3": "requires-python is not text",
    "build-system.requires = 1": "build-system.requires is not a list",
    '[[tool.devenv.wheel.tests]]\nname = "x"\ncommand = []': "the test 'x' has no command",
    '[[tool.devenv.wheel.tests]]\nname = "x"\ncommand = ["y"]\nexpect = "("': (
        "expects '(', which is not a regular expression"
    ),
}


@pytest.mark.parametrize("text", PYPROJECTS)
def test_a_value_of_the_wrong_type_is_one_clear_error(tmp_path: Path, text: str) -> None:
    from devenv.core.errors import UsageError
    from devenv.products.wheel.policy import project_of

    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError) as error:
        project_of(tmp_path)
    assert PYPROJECTS[text] in str(error.value)
    assert str(tmp_path / "pyproject.toml") in str(error.value)


def test_no_secret_is_in_the_report_and_in_the_store(devenv: Devenv, tmp_path: Path) -> None:
    """Of settings, of a variable of cibuildwheel, and of an index that needs a password."""
    secret = "s3cret-of-a-build"  # noqa: S105
    more = f'\n[tool.devenv.wheel]\nenvironment = {{ MY_TOKEN = "{secret}" }}\n'
    source, report = simple(tmp_path / "simple", more=more), tmp_path / "report.html"
    dead = f"http://user:{secret}@127.0.0.1:9/simple/"
    variables = {"CIBW_ENVIRONMENT": f"X={secret}", "CFLAGS": "-DX", "UV_HTTP_RETRIES": "0"}
    (cell,) = matrix(devenv, source, *asked(TWO[:1]), "--report", report)
    argv = ("wheel", "build", source, *asked(TWO[:1]), "--report", tmp_path / "failed.html")
    said = devenv(*argv, code=4, UV_DEFAULT_INDEX=dead, **variables).stdout
    assert secret not in said
    pages = [report, tmp_path / "failed.html", *devenv.home.rglob("*")]
    texts = {path: path.read_bytes() for path in pages if path.is_file()}
    assert any(path.name == "inputs.json" and cell["key"] in str(path) for path in texts)
    assert [path for path, text in texts.items() if secret.encode() in text] == []


def test_no_engine_and_no_image(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to("/usr/bin/git")
    said = devenv("wheel", "build", source, "--in", "x:1", code=3, PATH=str(tools)).stdout
    assert "podman and docker not found" in said
