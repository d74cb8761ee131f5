"""NEURON as a dev source: what devenv does with a clone, seen with a stand-in for it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import Devenv, edited
from toolchain_standin import (
    Standin,
    commit,
    develop_standin,
    everything,
    git,
    make_standin,
    replace_in,
)

pytestmark = pytest.mark.real

SUBMODULES = """\
[submodule "catch2"]
	path = external/catch2
	url = x
[submodule "data"]
	path = test/rxd/testdata
	url = x
[submodule "json"]
	path = external/json
	url = x
"""


@pytest.fixture(scope="module")
def standin(
    make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory
) -> Standin:
    devenv = make_devenv("toolchain")
    clone = make_standin(tmp_path_factory.mktemp("clones") / "my nrn")
    before = everything(clone)
    said = develop_standin(devenv, clone)
    assert f"nrn uses neuron 9.0.2 from {clone}" in said
    assert everything(clone) == before
    return Standin(devenv, clone)


@pytest.fixture
def clean(standin: Standin) -> Iterator[Standin]:
    """The clone as it was committed, and built."""
    standin.devenv("build", "nrn")
    yield standin
    git(standin.clone, "checkout", "--quiet", ".")
    git(standin.clone, "clean", "--quiet", "-fd")


def test_neuron_comes_from_the_clone_and_the_clone_stays_as_it_is(clean: Standin) -> None:
    before = everything(clean.clone)
    said = clean.python("print(neuron.__file__, neuron.answer(), neuron.text('data_folder'))")
    file, answer, data = said.split()[-3:]
    home = Path(file).parents[3]
    assert (answer, home.parent) == ("41", clean.devenv.home / "neuron")
    assert Path(file).resolve().is_relative_to(clean.clone)
    # In programs the path of the installation is filled up with slashes.
    assert os.path.normpath(data) == str(home / "share" / "nrn")
    special = clean.devenv("run", "nrn", "--", "special").stdout
    assert "answer=41" in special and "mechanism ring_k=7" in special
    assert "41" in clean.devenv("run", "nrn", "--", "nrniv").stdout
    assert everything(clean.clone) == before
    assert git(clean.clone, "status", "--short", "--ignored") == ""


def test_nothing_is_compiled_where_nothing_changed(clean: Standin) -> None:
    (clean.clone / "src/nrniv/registry.cpp").touch()  # a new time, and the same content
    assert "up to date" in clean.devenv("build", "nrn").stdout
    said = ""

    def run() -> None:
        nonlocal said
        said = clean.answer()

    size = len(clean.log)
    run()
    assert "answer 41" in said and "building" not in said
    assert len(clean.log) == size


def test_python_and_hoc_are_seen_with_no_build(clean: Standin) -> None:
    python = clean.clone / "share/lib/python/neuron"
    size = len(clean.log)
    replace_in(python / "__init__.py", '"python"', '"edited"')
    replace_in(python / "units.py", "ms = 1", "ms = 2")
    hoc = clean.clone / "share/lib/hoc"
    (hoc / "new.hoc").write_text("// new\n", encoding="utf-8")
    said = clean.python("import neuron.units; print(neuron.WORD, neuron.units.ms)")
    assert "edited 2" in said and "building" not in said
    file = clean.python("print(neuron.__file__)").split()[-1]
    assert (Path(file).parents[3] / "share/nrn/lib/hoc/new.hoc").read_text() == "// new\n"
    assert len(clean.log) == size


def test_a_new_python_file_compiles_nothing(clean: Standin) -> None:
    new = clean.clone / "share/lib/python/neuron/fresh.py"
    new.write_text("VALUE = 5\n", encoding="utf-8")
    before = objects(clean.devenv)
    said = clean.python("import neuron.fresh; print('value', neuron.fresh.VALUE)")
    assert "value 5" in said
    assert objects(clean.devenv) == before


def test_tests_and_documentation_are_no_content(clean: Standin) -> None:
    for name in ("docs/index.rst", "test/test_nothing.py", "README.md"):
        with (clean.clone / name).open("a", encoding="utf-8") as file:
            file.write("more\n")
    assert "building" not in clean.answer()


def objects(devenv: Devenv) -> set[str]:
    return {path.parent.name for path in (devenv.home / "objects").glob("*/*/*.mod")}


def test_an_edit_of_cpp_costs_that_file_and_links(clean: Standin) -> None:
    before, said = objects(clean.devenv), ""
    replace_in(clean.clone / "src/nrniv/answer.cpp", "return 41", "return 42")

    def run() -> None:
        nonlocal said
        said = clean.devenv("run", "nrn", "--", "special").stdout

    assert clean.compiled(run) == ["answer.cpp"]
    assert f"neuron changed in {clean.clone}" in said
    assert "answer=42" in said and "mechanism ring_k=7" in said
    assert objects(clean.devenv) == before  # no mechanism was compiled
    assert "link libnrnmech.so" in said
    assert "answer 42" in clean.answer()
    # What was built before is in the store.
    git(clean.clone, "checkout", "--quiet", ".")
    assert clean.compiled(clean.answer) == []
    assert "answer 41" in clean.answer()


def test_an_edit_of_a_header_compiles_the_mechanisms_again(clean: Standin) -> None:
    replace_in(clean.clone / "src/nrniv/mech.h", "MECHANISM_VALUE 7", "MECHANISM_VALUE 8")
    said = clean.devenv("run", "nrn", "--", "special").stdout
    assert "mechanism ring_k=8" in said and "compile ring_k.mod" in said


def test_an_older_file_is_compiled_too(clean: Standin) -> None:
    """ninja goes by times, and an older time than the object's is no change to it."""
    source = clean.clone / "src/nrniv/answer.cpp"
    replace_in(source, "return 41", "return 47")
    assert "answer 47" in clean.answer()
    replace_in(source, "return 47", "return 48")
    os.utime(source, (1_000_000_000, 1_000_000_000))
    assert clean.compiled(clean.answer) == ["answer.cpp"]
    assert "answer 48" in clean.answer()


def test_an_older_file_of_cmake_counts_too(clean: Standin) -> None:
    file = clean.clone / "CMakeLists.txt"
    replace_in(file, "VERSION 9.0.2", "VERSION 9.0.5")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    code = "import pathlib; f = pathlib.Path(neuron.__file__).parents[3]; print(f)"
    place = Path(clean.python(code).splitlines()[-1])
    assert '"9.0.5"' in (place / "include/nrnconf.h").read_text(encoding="utf-8")


def test_why_names_the_files(clean: Standin) -> None:
    replace_in(clean.clone / "src/nrniv/answer.cpp", "return 41", "return 43")
    before = everything(clean.devenv.home)
    said = clean.devenv("build", "nrn", "--why").stdout
    assert "nrn: neuron is compiled again" in said
    assert f"src/nrniv/answer.cpp: changed, {clean.clone}/src/nrniv/answer.cpp" in said
    assert said.count(": changed") == 1
    assert everything(clean.devenv.home) == before


def test_a_failed_build_never_runs_the_old_one(clean: Standin) -> None:
    source = clean.clone / "src/nrniv/answer.cpp"
    with edited(source, "int broken( {\n"):
        for _ in range(2):
            said = clean.answer(exit_code=4)
            assert f"NEURON in {clean.clone} does not compile" in said
            assert re.search(rf"{re.escape(str(source))}:\d+: expected", said), said
            assert "The whole output is in" in said and "answer 41" not in said
        said = clean.answer("--no-build", exit_code=6)
        assert "is stale: neuron changed" in said
    assert "answer 41" in clean.answer()


def test_a_mistake_in_cmake_is_shown(clean: Standin) -> None:
    with edited(clean.clone / "CMakeLists.txt", 'message(FATAL_ERROR "no such luck")\n'):
        said = clean.answer(exit_code=4)
        assert re.search(rf"{re.escape(str(clean.clone))}/CMakeLists.txt:\d+: no such luck", said)
    assert "answer 41" in clean.answer()


def test_builds_stand_side_by_side(clean: Standin) -> None:
    devenv = clean.devenv
    devenv("create", "debug", "--template", "nrn")
    clone = ("--path", clean.clone, "--env", "debug")
    said = devenv("develop", "neuron", *clone, "--variant", "build_type=Debugg", code=2).stdout
    assert "Debugg" in said
    devenv("develop", "neuron", *clone, "--variant", "build_type=Debug")
    assert "build Debug" in clean.python("print('build', neuron.text('build_type'))", env="debug")
    assert "build RelWithDebInfo" in clean.python("print('build', neuron.text('build_type'))")
    assert len(list((devenv.home / "toolchains").glob("neuron@*"))) == 2
    # The other one is still what it was.
    assert clean.compiled(clean.answer) == []


def test_the_lock_and_prune_know_it(clean: Standin) -> None:
    devenv = clean.devenv
    clean.answer()
    lock = (devenv.home / "envs/nrn/current/lock.json").read_text(encoding="utf-8")
    head = git(clean.clone, "rev-parse", "HEAD").strip()
    built = clean.python("print(neuron.__file__)").split()[-1].split("/")[-5]
    assert head in lock and built in lock
    devenv("prune")
    assert clean.compiled(clean.answer) == []
    assert "answer 41" in clean.answer("--no-build")


def test_doctor_and_which_name_the_clone(clean: Standin) -> None:
    clean.devenv("create", "looked", "--template", "nrn")
    clean.devenv("develop", "neuron", "--path", clean.clone, "--env", "looked")
    said = clean.devenv("doctor", "looked", code=None).stdout
    assert "all dev sources exist: neuron" in said
    assert "ok      import: neuron is imported from" in said
    said = clean.devenv("which", "neuron", "--env", "looked").stdout
    assert "because of: dev source neuron" in said
    replace_in(clean.clone / "src/nrniv/answer.cpp", "return 41", "return 44")
    said = clean.devenv("doctor", "looked", code=None).stdout
    assert f"neuron changed in {clean.clone}" in said


def test_all_that_is_missing_is_said_at_once(clean: Standin, tmp_path: Path) -> None:
    """A PATH on which there is no flex, no bison and no MPI; and an empty submodule."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "cmake", "ninja", "c++", "cc", "ccache", "sh", "as", "ld", "uname"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    clone = make_standin(tmp_path / "clone")
    (clone / ".gitmodules").write_text('[submodule "f"]\n\tpath = external/fmt\n\turl = x\n')
    (clone / "external/fmt").mkdir()
    before = everything(clean.devenv.home)
    said = clean.devenv(
        *("develop", "neuron", "--path", clone, "--env", "nrn"), code=3, PATH=str(folder)
    ).stdout
    for word in ("flex", "bison", "the headers of an MPI", "the submodule external/fmt"):
        assert word in said
    assert "libopenmpi-dev" in said
    assert f"git -C {clone} submodule update --init --recursive" in said
    changed = {
        name for name, found in everything(clean.devenv.home).items() if before.get(name) != found
    }
    assert not [name for name in changed if "/locks" not in name and "/envs" not in name]
    assert "answer 41" in clean.answer()


def test_coreneuron_needs_more_and_it_is_said_at_once(clean: Standin, tmp_path: Path) -> None:
    """By a compiler that finds no header of any library."""
    (clean.clone / ".gitmodules").write_text(SUBMODULES, encoding="utf-8")
    devenv, bare = clean.devenv, {"CXX": "c++ -nostdinc"}
    devenv("create", "core", "--template", "nrn")
    develop = ("develop", "neuron", "--path", clean.clone, "--env", "core")
    said = devenv(*develop, code=3, **bare).stdout
    assert "missing: readline/readline.h\n" in said and "install -y libreadline-dev\n" in said
    said = devenv(*develop, "--variant", "+coreneuron", code=3, **bare).stdout
    assert "missing: readline/readline.h, FlexLexer.h, the submodule external/json\n" in said
    assert "install -y libreadline-dev libfl-dev\n" in said
    assert f"git -C {shlex.quote(str(clean.clone))} submodule update --init --recursive" in said
    both = "sanitizers=address,undefined"
    said = devenv(*develop, "--variant", both, code=2).stdout
    assert f"{both}: NEURON is compiled with one of them" in said


def test_a_folder_that_is_not_neuron_is_refused(clean: Standin, tmp_path: Path) -> None:
    said = clean.devenv("develop", "neuron", "--path", tmp_path, "--env", "nrn", code=2).stdout
    assert f"{tmp_path} is not a source tree of NEURON" in said


def test_a_clone_that_git_fetches(clean: Standin, tmp_path: Path) -> None:
    devenv = clean.devenv
    upstream = make_standin(tmp_path / "upstream")
    first = git(upstream, "rev-parse", "HEAD").strip()
    replace_in(upstream / "src/nrniv/answer.cpp", "return 41", "return 45")
    commit(upstream, "Another answer")
    devenv("create", "cloned", "--template", "nrn")
    devenv("develop", "neuron", "--git", f"{upstream}@{first}", "--env", "cloned")
    assert "answer 41" in clean.python("print('answer', neuron.answer())", env="cloned")
    clone = devenv.home / "sources/cloned/neuron"
    git(clone, "checkout", "--quiet", "-")
    assert git(clone, "status", "--short") == ""


def test_the_error_of_a_removed_clone_names_what_is_there(clean: Standin, tmp_path: Path) -> None:
    """A submodule that cannot be fetched, and a source that does not compile."""
    devenv, clone = clean.devenv, clean.devenv.home / "sources/gone/neuron"
    upstream = make_standin(tmp_path / "upstream")
    inner = make_standin(tmp_path / "inner")
    allow = ("-c", "protocol.file.allow=always")
    git(upstream, *allow, "submodule", "--quiet", "add", str(inner), "external/fmt")
    commit(upstream, "A submodule")
    git(upstream, "checkout", "--quiet", "-b", "wrong")
    replace_in(upstream / "src/nrniv/answer.cpp", "return 41", "return nothing")
    commit(upstream, "A mistake")
    git(upstream, "checkout", "--quiet", "-")
    replace_in(upstream / ".gitmodules", str(inner), "https://host.invalid/fmt")
    commit(upstream, "Another address")
    devenv("create", "gone", "--template", "nrn")
    develop = ("develop", "neuron", "--env", "gone", "--git")
    own = "devenv develop neuron --path DIR --env gone"

    said = devenv(*develop, upstream, code=3).stdout
    assert not clone.exists()
    assert "missing: the submodule external/fmt\n" in said
    assert "external/fmt (https://host.invalid/fmt) could not be reached: " in said
    *_, first, second, third = said.splitlines()
    assert first == f"  git clone {upstream} DIR"
    assert second == "  git -C DIR submodule update --init --recursive"
    assert third == f"  {own}"

    said = devenv(*develop, f"{upstream}@wrong", code=4, GIT_ALLOW_PROTOCOL="file").stdout
    assert not clone.exists()
    assert f"{clone}/src/nrniv/answer.cpp:2: " in said
    assert f"  git clone {upstream} DIR, and check out wrong\n  {own}\n" in said
    assert Path(re.findall(r"The whole output is in (\S+)", said)[0]).is_file()


def test_its_own_tests_are_run_beside_the_build(clean: Standin) -> None:
    devenv = clean.devenv
    (clean.clone / ".gitmodules").write_text(SUBMODULES, encoding="utf-8")
    said = devenv("test", "--env", "nrn", "--", "ctest", code=3).stdout
    assert f"git -C {shlex.quote(str(clean.clone))} submodule update" in said
    assert "need the submodule external/catch2" in said and "testdata" not in said
    git(clean.clone, "clean", "--quiet", "-fd")
    said = devenv("test", "--env", "nrn", "--", "ctest", code=3).stdout
    assert "NEURON's tests need pytest" in said and "devenv add pytest" in said
    devenv("add", "pytest", "--env", "nrn")
    before = everything(clean.clone)
    replace_in(clean.clone / "src/nrniv/nrniv.cpp", "int main() {", "int main() { return 3;")
    said = devenv("test", "--env", "nrn", "--", "ctest", "-R", "answer", code=8).stdout
    assert "0% tests passed" in said
    git(clean.clone, "checkout", "--quiet", ".")
    said = devenv("test", "--env", "nrn", "--", "ctest", "-R", "answer").stdout
    assert "100% tests passed, 0 tests failed out of 1" in said
    assert set(everything(clean.clone)) == set(before)
    # As where an earlier version compiled it.
    for noted in (devenv.home / "toolchains").glob("*/commands.json"):
        noted.unlink()
    said = devenv("test", "--env", "nrn", "--", "ctest", code=6).stdout
    assert "is incomplete" in said and "devenv build --force nrn" in said
    devenv("build", "--force", "nrn")
    said = devenv("test", "--env", "nrn", "--", "ctest", "-R", "answer").stdout
    assert "100% tests passed" in said


def test_undevelop_goes_back_to_the_wheel(clean: Standin) -> None:
    devenv = clean.devenv
    devenv("create", "back", "--template", "nrn")
    devenv("develop", "neuron", "--path", clean.clone, "--env", "back")
    devenv("undevelop", "neuron", "--env", "back")
    said = clean.python("print(neuron.__file__)", env="back")
    assert "site-packages/neuron" in said
