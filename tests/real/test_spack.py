"""The Spack engine on real Spack, with recipes that take seconds."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from slurm_cluster import Cluster, wait
from spack_trial import CORE, PACKAGES, Trial, another
from support import Devenv, edited, plain_environ, report_of
from watching import watching

pytestmark = pytest.mark.real


def in_bash(trial: Trial, script: str, **variables: str) -> str:
    """What a bash with the program in PATH prints."""
    environ = {**plain_environ(), "DEVENV_HOME": str(trial.devenv.home), **trial.devenv.environ}
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{script}"],
        env={**environ, **variables},
        cwd=trial.root,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(trial: Trial) -> Trial:
    """An environment `first`, with a dev source, built."""
    devenv = trial.devenv
    done = devenv("create", "first", "--template", "trial", "--variant", "+coreneuron")
    assert "Engine spack, since Spack is set up." in done.stdout
    done = devenv("develop", "trial", "--path", trial.source("first"), "--env", "first")
    assert "takes effect at once" in done.stdout
    devenv("build", "first", "-j", "2")
    marks = [mark for step in report_of(devenv, "build first")["steps"] for mark in step["marks"]]
    assert any("trial-model" in text for _, text in marks), "packages of Spack are on the timeline"
    return trial


def test_setup_takes_the_commits_and_costs_nothing_twice(spack_home: Devenv) -> None:
    for commit in (CORE, PACKAGES):
        folder = spack_home.home / "spack" / commit
        head = subprocess.check_output(["git", "-C", str(folder), "rev-parse", "HEAD"], text=True)
        assert head.strip() == commit
        assert (folder / ".git" / "shallow").exists()
    closed = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ALLOW_PROTOCOL": "none", "UV_OFFLINE": "1"}
    assert "Spack 1.1.0 is ready" in spack_home("spack", "setup", **closed).stdout
    assert "1.1.0" in spack_home("spack", "exec", "--", "--version").stdout


def test_a_wrong_commit_and_a_folder_without_spack_are_refused(
    spack_home: Devenv, tmp_path: Path
) -> None:
    other = Devenv(tmp_path / "home")
    done = other("spack", "setup", "--ref", "0" * 40, code=None)
    assert done.returncode in (2, 5)
    assert "0" * 40 in done.stdout
    assert "contains no Spack" in other("spack", "setup", "--root", tmp_path, code=2).stdout
    (other.home / "spack" / "scopes").mkdir(parents=True, exist_ok=True)
    assert (
        "has no branch or tag 'scopes'" in other("spack", "setup", "--ref", "scopes", code=2).stdout
    )
    assert not (other.home / "spack" / "spack.json").exists()
    assert not [p for p in (other.home / "spack").glob("*") if len(p.name) == 40]


def test_the_first_activation_has_it_all_where_raw_spacks_has_not(built: Trial) -> None:
    """The gotcha: what is installed after an activation was never in it."""
    folder = next((built.env("first") / "spack").iterdir())
    manifest = (folder / "spack.yaml").read_text()
    raw = built.root / "raw"
    raw.mkdir()
    (raw / "spack.yaml").write_text(manifest.replace(str(folder / "view"), str(raw / "view")))
    activate = ("spack", "exec", "--env", "first", "--", "env", "activate", "--sh", "-d", raw)
    before = built.devenv(*activate).stdout
    assert "SPACK_ENV=" in before
    assert "HOC_LIBRARY_PATH" not in before
    said = in_bash(built, 'eval "$(devenv activate first)"; echo "$HOC_LIBRARY_PATH"; special; env')
    assert f"{folder}/view/share/hoc" in said.splitlines()[0].split(":")
    assert "the special of the trial" in said
    variables = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    paths = variables["PYTHONPATH"].split(":")
    assert paths.index(f"{folder}/view/lib/{python_of(folder)}/site-packages") > 0
    assert "overlays" in paths[0]
    # The model stands on a dev source: what Spack overwrites in its place is not what a generation has.
    shown = json.loads(built.devenv("show", "first", "--json").stdout)
    assert variables["TRIAL_ROOT"] == shown["generation"]["model"]["path"]
    assert Path(variables["TRIAL_ROOT"]).parent == built.devenv.home / "models"
    assert variables["CORENEURONLIB"].endswith("lib/libcorenrnmech.so")
    for name in ("PATH", "PYTHONPATH", "HOC_LIBRARY_PATH", "CMAKE_PREFIX_PATH"):
        assert not {"", "."} & set(variables[name].split(":")), name
        assert not [e for e in variables[name].split(":") if e.startswith("/usr/share")], name


def python_of(folder: Path) -> str:
    return next((folder / "view" / "lib").glob("python3*")).name


def test_an_activation_before_the_build_is_right_after_it(trial: Trial) -> None:
    """create, activate, build: in the same shell, without a deactivation."""
    script = """
    eval "$(devenv shell-init bash)"
    devenv create late --template trial >/dev/null
    devenv activate late
    echo "before: ${HOC_LIBRARY_PATH-}"
    devenv build >/dev/null
    devenv activate late
    echo "after: $HOC_LIBRARY_PATH"
    special
    rm "$DEVENV_HOME/envs/late/looked.json"  # so that Spack is asked once more, in the active shell
    devenv build >/dev/null
    devenv deactivate
    echo "gone: ${HOC_LIBRARY_PATH-unset} ${PYTHONPATH-unset} ${TRIAL_ROOT-unset}"
    devenv activate late
    echo "anew: ${TRIAL_ROOT-lost} ${CMAKE_PREFIX_PATH-lost}"
    """
    said = in_bash(trial, script)
    before, after = (re.search(rf"{word}: (.*)", said) for word in ("before", "after"))
    assert before and "view" not in before[1]
    assert after and "view/share/hoc" in after[1]
    assert "the special of the trial" in said
    assert "gone: unset unset unset" in said
    anew = re.search(r"anew: (.*)", said)
    assert anew and anew[1].count("/view") == 2


def test_what_others_have_built_does_not_settle_a_variant(built: Trial) -> None:
    """`first` has the model +coreneuron. Its dependencies are not built again."""
    built.devenv("create", "plain", "--template", "trial")
    pip = {name for name in built.installed_at() if "py-pip" in name}
    built.devenv("build", "plain")
    assert "+coreneuron" in built.devenv("graph", "first").stdout
    assert "+coreneuron" not in built.devenv("graph", "plain").stdout
    assert {name for name in built.installed_at() if "py-pip" in name} == pip


def test_what_was_removed_from_the_store_is_installed_anew(built: Trial) -> None:
    """Spack goes by its index, and would fail for ever for want of it."""
    model = json.loads(built.devenv("show", "first", "--json").stdout)["generation"]["model"]
    shutil.rmtree(model["path"])  # the generation's copy, and what Spack installed
    chosen = json.loads((built.env("first") / "current" / "spack.lock").read_text())
    nodes = chosen["concrete_specs"].items()
    hash_ = next(hash_ for hash_, node in nodes if node["name"] == "trial-model")
    (prefix,) = built.store.glob(f"*/*-{hash_}")
    shutil.rmtree(prefix)
    assert "is lost" in built.devenv("build", "first").stdout
    assert "the special of the trial" in built.devenv("run", "first", "--", "special").stdout
    assert "is up to date" in built.devenv("build", "first").stdout
    kept = json.loads((built.env("first") / "current" / "lock.json").read_text())
    path = built.env("first") / "spack" / kept["inputs"] / "spack.lock"
    path.write_text("{")
    (built.env("first") / "looked.json").unlink()  # so that Spack is asked once more
    built.devenv("build", "first")
    assert json.loads(path.read_text())["roots"]


def test_an_edit_of_python_builds_nothing_and_is_seen(built: Trial) -> None:
    installed = built.installed_at()
    source = built.root / "sources" / "first" / "trial" / "__init__.py"
    source.write_text("ANSWER = 43\n")
    command = ("python", "-c", "import trial; print('answer', trial.ANSWER)")
    assert "answer 43" in built.devenv("run", "first", "--", *command).stdout
    built.devenv("build", "first")
    assert built.installed_at() == installed


def test_a_compiled_dev_source_is_built_when_it_changes_and_nothing_else(built: Trial) -> None:
    devenv, source = built.devenv, built.tool("tool")
    done = devenv("develop", "trial-tool", "--path", source, "--env", "first")
    assert "an edit rebuilds it" in done.stdout
    assert devenv("run", "first", "--", "tool").stdout.strip().endswith("first")
    before = built.installed_at()
    text = (source / "tool.c").read_text().replace("first", "second")
    (source / "tool.c").write_text(text)
    said = devenv("run", "first", "--no-build", "--", "tool", code=6).stdout
    assert f"is stale: {source}/tool.c changed" in said
    devenv("build", "first")
    assert devenv("run", "first", "--", "tool").stdout.strip().endswith("second")
    after = built.installed_at()
    assert [n for n in before if after[n] != before[n]] == [n for n in before if "trial-tool" in n]
    # A run builds it, too, and never goes on with the old one.
    (source / "tool.c").write_text(text.replace("second", "third"))
    said = devenv("run", "first", "--no-build", "--", "tool", code=6).stdout
    assert f"is stale: {source}/tool.c changed" in said
    assert f"{source}/tool.c changed" in devenv("doctor", "first", code=None).stdout
    assert devenv("run", "first", "--", "tool").stdout.strip().endswith("third")
    (source / "tool.c").write_text(f"{text}nothing that compiles\n")
    for _ in range(2):
        said = devenv("run", "first", "--", "tool", code=None)
        assert said.returncode and "third" not in said.stdout
    (source / "tool.c").write_text(text)
    assert devenv("run", "first", "--", "tool").stdout.strip().endswith("second")
    new_file_is_seen(built, source)
    watch_builds_it(built, source, text)
    edits_are_seen_whatever_was_recorded(built, source)
    devenv("undevelop", "trial-tool", "--env", "first")
    manifest = (built.env("first") / "spack.yaml").read_text()
    assert "trial-tool" not in manifest
    assert "py-trial@develop" in manifest


def new_file_is_seen(built: Trial, source: Path) -> None:
    """Also below a folder; what a build puts into the source is no edit."""
    devenv = built.devenv
    assert (source / "tool").exists(), "the Makefile builds in the source"
    (source / "more").mkdir()
    (source / "more" / "new.h").write_text('#define puts(x) puts("new")\n')
    said = devenv("run", "first", "--no-build", "--", "tool", code=6).stdout
    assert f"is stale: {source}/more/new.h changed" in said
    assert f"{source}/more/new.h is new" in devenv("build", "first", "--why").stdout
    devenv("run", "first", "--", "tool")
    assert devenv("run", "first", "--no-build", "--", "tool").stdout.strip().endswith("second")
    (source / "more" / "new.h").unlink()
    devenv("run", "first", "--no-build", "--", "tool", code=6)
    devenv("run", "first", "--", "tool")


def edits_are_seen_whatever_was_recorded(built: Trial, source: Path) -> None:
    """By the record of the devenv before, which knew no outputs; and after an update."""
    devenv, record = built.devenv, built.env("first") / "looked.json"
    kept = json.loads(record.read_text())
    record.write_text(json.dumps({k: v for k, v in kept.items() if k not in ("outputs", "new")}))
    for command in ((), ("build", "first", "--update")):
        if command:
            devenv(*command)
        with edited(source / "tool.c", "/* edited */\n"):
            devenv("run", "first", "--no-build", "--", "tool", code=6)
        devenv("run", "first", "--", "tool")
        assert "is up to date" in devenv("build", "first").stdout


def watch_builds_it(built: Trial, source: Path, text: str) -> None:
    with watching(built.devenv, "first", built.root / "watch.log") as watch:
        watch.until_built(1)
        (source / "tool.c").write_text(f"{text}nothing that compiles\n")
        watch.until("error: ", 1)
        watch.until_built(2)
        (source / "tool.c").write_text(text.replace("second", "fourth"))
        watch.until_built(3)
        time.sleep(3)
    assert watch.log.read_text().count("Ctrl-C ends it") == 3
    said = built.devenv("run", "first", "--no-build", "--", "tool").stdout
    assert said.strip().endswith("fourth")


def test_a_compiled_dev_source_is_had_again_from_its_commit(built: Trial) -> None:
    devenv, origin = built.devenv, built.tool("tool-in-git")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run(["git", *identity, *words], cwd=origin, check=True)
    devenv("create", "committed", "--template", "trial")
    devenv("develop", "trial-tool", "--git", f"file://{origin}", "--env", "committed")
    lock = built.env("committed") / "current" / "lock.json"
    devenv("create", "had-again", "--from-lock", lock)
    source = devenv.home / "sources" / "had-again" / "trial-tool"
    assert (source / ".git").exists()
    assert devenv("run", "had-again", "--", "tool").stdout.strip().endswith("first")
    text = (source / "tool.c").read_text().replace("first", "second")
    (source / "tool.c").write_text(text)
    assert devenv("run", "had-again", "--", "tool").stdout.strip().endswith("second")
    assert devenv("run", "had-again", "--no-build", "--", "tool").stdout.strip().endswith("second")
    # A build put it there, but what git tracks is a source.
    subprocess.run(["git", "add", "tool"], cwd=source, check=True)
    said = devenv("run", "had-again", "--no-build", "--", "tool", code=6).stdout
    assert f"is stale: {source}/tool changed" in said


MINE = """\
  packages:
    gmake::
      externals: [{spec: gmake@99.9, prefix: /usr}]
      buildable: false
"""


def test_hand_edits_of_spack_yaml_live_and_count(built: Trial) -> None:
    devenv = built.devenv
    devenv("create", "hand", "--template", "trial")
    path = built.env("hand") / "spack.yaml"
    text = path.read_text().replace(
        "  - trial-model\n", "  # the older one\n  - trial-model@1.0  # yes\n"
    )
    path.write_text(f"# mine\n{text}{MINE}")
    devenv("sync", "hand")
    # What is written there of a package is stronger than what devenv found on the machine.
    found = devenv("spack", "exec", "--env", "hand", "--", "config", "get", "packages").stdout
    assert re.findall(r"spec: (gmake@\S+)", found) == ["gmake@99.9"], found
    assert "spec: gcc@" in found
    source = built.source("hand")
    devenv("develop", "py-trial", "--path", source, "--env", "hand")
    now = path.read_text()
    assert now.startswith("# mine\n")
    assert "  # the older one\n" in now
    assert "trial-model@1.0  # yes" in now
    assert str(source) in now
    assert "trial-model 1.0" in devenv("graph", "hand").stdout
    path.write_text(now.replace("trial-model@1.0  # yes", "trial-model@1.1 +coreneuron"))
    devenv("sync", "hand")
    changes = devenv("lock", "diff", "hand").stdout
    assert re.search(r"trial-model 1\.0 → 1\.1.*\+coreneuron", changes), changes
    picture = built.root / "graph.svg"
    devenv("graph", "hand", "--svg", picture)
    assert "trial-model" in picture.read_text()
    # What a person takes out of the file is a dev source no more.
    path.write_text(path.read_text().split("  develop:")[0].replace("@develop", "@1.0"))
    devenv("sync", "hand")
    where = ("python", "-c", "import trial; print(trial.__file__)")
    found = devenv("run", "hand", "--", *where)
    assert str(source) not in found.stdout
    devenv("rollback", "hand")
    found = devenv(
        "run", "hand", "--no-build", "--", "python", "-c", "import trial; print(trial.__file__)"
    )
    assert "overlays" in found.stdout


def test_nothing_of_a_hostile_environment_leaks_in(trial: Trial, tmp_path: Path) -> None:
    home, fake, other = tmp_path / "me", tmp_path / "fake", tmp_path / "other"
    for folder in (home / ".spack", fake, other):
        folder.mkdir(parents=True)
    (home / ".spack" / "packages.yaml").write_text("packages: {all: {require: '@nonsense'}}\n")
    (home / ".spack" / "config.yaml").write_text("config: {install_tree: {root: /nowhere}}\n")
    (home / ".gitconfig").write_text((Path.home() / ".gitconfig").read_text())
    (fake / "argparse.py").write_text("raise SystemExit('the fake argparse')\n")
    (other / "spack").write_text("#!/bin/sh\necho another Spack; exit 9\n")
    (other / "spack").chmod(0o755)
    before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
    hostile = {
        "HOME": str(home),
        "PYTHONPATH": str(fake),
        "SPACK_ENV": "/nowhere/at/all",
        "SPACK_ROOT": str(other),
        "SPACK_PYTHON": "/bin/false",
        "SPACK_USER_CONFIG_PATH": str(home / ".spack"),
        "PATH": f"{other}:{os.environ['PATH']}",
    }
    environ = {k: v for k, v in hostile.items() if k != "PYTHONPATH"}
    trial.devenv("create", "hostile", "--template", "trial", **environ)
    # devenv's own Python would fall over the fake as well: as people start it, it is isolated.
    program = [sys.executable, "-I", "-m", "devenv", "build", "hostile"]
    environ = {**plain_environ(), **trial.devenv.environ, "DEVENV_HOME": str(trial.devenv.home)}
    done = subprocess.run(
        program, env={**environ, **hostile}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "special of the trial" in trial.devenv("run", "hostile", "--", "special").stdout
    after = {p: p.read_bytes() for p in home.rglob("*") if p.is_file() and ".cache" not in p.parts}
    assert after == before


@contextmanager
def building(trial: Trial, name: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**plain_environ(), **trial.devenv.environ, "DEVENV_HOME": str(trial.devenv.home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", "build", name],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def spack_children(parent: int) -> list[int]:
    """The Spack that a devenv started, which leads a group of its own."""
    found = subprocess.run(
        ["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


@pytest.mark.parametrize("moment", ["concretize", "install"])
def test_a_kill_is_survived_and_the_lock_is_kept(trial: Trial, moment: str) -> None:
    name = f"killed-{moment}"
    trial.devenv("create", name, "--template", "trial")
    # A package that nobody has yet, so that there is something to be interrupted in.
    recipe = (
        trial.root / "recipes" / "spack_repo" / "trial" / "packages" / "trial_model" / "package.py"
    )
    assert "sleep" not in recipe.read_text()
    with building(trial, name) as process:
        folder = trial.env(name) / "spack"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            locks = list(folder.glob("*/spack.lock"))
            if (moment == "install" and locks) or (
                moment == "concretize" and list(folder.glob("*/spack.log"))
            ):
                break
            assert process.poll() is None
            time.sleep(0.05)
        kept = [path.read_bytes() for path in locks]
        for pid in (process.pid, *spack_children(process.pid)):
            with suppress(ProcessLookupError):
                os.killpg(os.getpgid(pid), signal.SIGKILL)
    assert "not built" in trial.devenv("list").stdout
    trial.devenv("build", name)
    assert "special of the trial" in trial.devenv("run", name, "--", "special").stdout
    if kept:
        assert [p.read_bytes() for p in folder.glob("*/spack.lock")] == kept
    assert (trial.env(name) / "current" / "spack.lock").read_bytes()


def test_two_builds_of_one_environment_at_once(trial: Trial) -> None:
    trial.devenv("create", "twice", "--template", "trial", "--variant", "+coreneuron")
    with building(trial, "twice") as one, building(trial, "twice") as two:
        assert [one.wait(300), two.wait(300)] == [0, 0]
    assert "special of the trial" in trial.devenv("run", "twice", "--", "special").stdout
    generations = sorted(p.name for p in (trial.env("twice") / "generations").iterdir())
    assert generations == ["1", "2"]


Failing = Callable[[str], str]


@pytest.fixture(scope="module")
def failing(trial: Trial) -> Failing:
    """What a build says where the root `trial-model` is another."""
    trial.devenv("create", "failing", "--template", "trial")
    path = trial.env("failing") / "spack.yaml"
    plain = path.read_text()

    def build(spec: str) -> str:
        path.write_text(plain.replace("trial-model", spec))
        return trial.devenv("build", "failing", code=4).stdout

    return build


def test_spacks_reason_is_told_in_one_message(failing: Failing, trial: Trial) -> None:
    said = failing("trial-model +corneuron")
    assert "No such variant" in said
    assert "Did you mean 'coreneuron'?" in said
    said = failing("trial-model\n  nosuchkey: 1")
    assert "Additional properties are not allowed ('nosuchkey' was unexpected)" in said
    assert f"{trial.env('failing') / 'spack.yaml'}: Additional" in said
    said = failing("trial-model@99")
    assert (
        "Cannot satisfy 'trial-model@99' (there is 1.0" in said
        or "Cannot satisfy 'trial-model@99'" in said
    )
    assert "spack.yaml" in said
    assert "there is no recipe for 'nosuchpackage'" in failing("nosuchpackage")
    said = failing("trial-tool@1.0")
    assert "the source of trial-tool-1.0 cannot be fetched" in said
    assert "site file" in said
    path = (
        trial.root / "recipes" / "spack_repo" / "trial" / "packages" / "trial_broken" / "package.py"
    )
    path.parent.mkdir()
    path.write_text(BROKEN)
    said = failing("trial-broken")
    assert "trial-broken failed in its phase 'build'" in said
    assert "'undeclared_thing' undeclared (first use in this function)" in said
    log = re.search(r"whole output is in (\S+)", said)
    assert log and Path(log[1]).is_file()
    path.write_text("def nothing(:\n")
    assert "trial-broken" in failing("trial-broken")
    shutil.rmtree(path.parent)


BROKEN = '''\
from spack_repo.builtin.build_systems.makefile import MakefilePackage
from spack.package import *


class TrialBroken(MakefilePackage):
    """Does not compile."""

    homepage = "https://example.org"
    has_code = False
    version("1.0")
    depends_on("c", type="build")

    def edit(self, spec, prefix):
        with open("Makefile", "w") as file:
            file.write("all:\\n\\t$(CC) -c nothing.c\\n")
        with open("nothing.c", "w") as file:
            file.write("int main() { return undeclared_thing; }\\n")
'''


def test_a_machine_without_a_compiler_is_told_so(trial: Trial, tmp_path: Path) -> None:
    hidden = re.compile(r"(.*-)?(gcc|g\+\+|c\+\+|cc|clang(\+\+)?)(-\d+)?|nvc(\+\+)?")
    for program in Path("/usr/bin").iterdir():
        if not hidden.fullmatch(program.name):
            (tmp_path / program.name).symlink_to(program)
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in tmp_path.iterdir():
        if program.is_symlink():
            program.rename(folder / program.name)
    trial.devenv("create", "bare", "--template", "trial")
    done = trial.devenv("build", "bare", code=3, PATH=str(folder))
    assert "no C++ compiler was found for Spack" in done.stdout
    done = trial.devenv("spack", "exec", "--env", "bare", "--", "find", code=6)
    assert "Spack has built nothing for bare yet" in done.stdout


def test_an_environment_is_removed_and_its_sources_stay(trial: Trial) -> None:
    trial.devenv("create", "gone", "--template", "trial")
    source = trial.source("gone")
    trial.devenv("develop", "trial", "--path", source, "--env", "gone")
    trial.devenv("remove", "gone")
    assert not trial.env("gone").exists()
    assert (source / "pyproject.toml").exists()


def test_what_an_upstream_has_is_used_and_not_compiled(built: Trial, tmp_path: Path) -> None:
    built.devenv("create", "below", "--template", "trial")
    built.devenv("build", "below")
    other = another(built, tmp_path, f"upstreams: {{site: {built.store}}}\n")
    other("build", "taken")
    log = next((other.home / "envs" / "taken" / "spack").glob("*/spack.log")).read_text()
    assert "Executing phase" not in log
    assert f"{built.store}/" in other("show", "taken").stdout
    assert "the special of the trial" in other("run", "taken", "--", "special").stdout


def test_an_environment_is_made_again_from_its_lock(trial: Trial) -> None:
    """Also where Spack would choose another version by now."""
    trial.devenv("create", "older", "--template", "trial")
    manifest = trial.env("older") / "spack.yaml"
    manifest.write_text(manifest.read_text().replace("trial-model", "trial-model@1.0"))
    trial.devenv("build", "older")
    lock = trial.env("older") / "current" / "lock.json"
    trial.devenv("create", "again", "--from-lock", lock)
    before = (trial.env("older") / "current" / "spack.lock").read_bytes()
    kept = next((trial.env("again") / "spack").glob("*/spack.lock"))
    assert kept.read_bytes() == before
    trial.devenv("build", "again")
    assert (trial.env("again") / "current" / "spack.lock").read_bytes() == before
    assert "trial-model 1.0" in trial.devenv("graph", "again").stdout
    assert "the special of the trial" in trial.devenv("run", "again", "--", "special").stdout


def test_a_build_cache_gives_what_was_released_and_nothing_of_a_dev_source(
    built: Trial, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    pushed = built.devenv("cache", "push", cache, "--env", "first").stdout
    assert "trial-model depends on a dev source and is left out" in pushed
    built.devenv("create", "pushed", "--template", "trial")
    built.devenv("build", "pushed")
    built.devenv("cache", "push", cache, "--env", "pushed")
    assert "trial-model" in built.devenv("cache", "list", cache, "--env", "pushed").stdout
    other = another(built, tmp_path)
    other("cache", "pull", cache, "--env", "taken")
    log = next((other.home / "envs" / "taken" / "spack").glob("*/spack.log")).read_text()
    assert not re.search("No binary for (trial-model|py-trial)", log)
    assert "the special of the trial" in other("run", "taken", "--", "special").stdout


def test_a_build_is_spread_over_the_nodes_of_a_job(trial: Trial, slurm: Cluster) -> None:
    """One Spack on each node, which lock what they install in the one tree; the generation here."""
    nodes = len(slurm.nodes)
    on_all = ("build", "spread", "--on", "slurm", "-N", str(nodes))
    trial.devenv("create", "spread", "--template", "trial", "--variant", "+coreneuron")
    devenv = Devenv(trial.devenv.home, {**trial.devenv.environ, **slurm.environ})
    dry = devenv(*on_all, "--dry-run").stdout
    assert " install" in dry
    assert len(list((devenv.home / "envs" / "spread" / "generations").iterdir())) == 1
    said = devenv(*on_all, DEVENV_SRUN_ARGS="--label").stdout
    for rank in range(nodes):
        assert re.search(rf"^{rank}: .*trial-model", said, re.MULTILINE), said
    assert "generation 2" in said
    assert "the special of the trial" in trial.devenv("run", "spread", "--", "special").stdout
    slurm.wait_empty()


def test_a_set_up_that_was_killed_leaves_nothing_half_made(
    spack_home: Devenv, tmp_path: Path
) -> None:
    other = Devenv(tmp_path / "home")
    folder = other.home / "spack"
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", "spack", "setup"],
        env={**plain_environ(), "DEVENV_HOME": str(other.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait(lambda: list(folder.glob("devenv-*/*")), 60, lambda: "no clone was begun")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not [path for path in folder.iterdir() if len(path.name) == 40]
    assert "is not set up" in other("spack", "status").stdout
    assert "Spack 1.1.0 is set up" in other("spack", "setup").stdout
    assert not list(folder.glob("devenv-*"))
    assert "DAMAGED" not in other("spack", "status").stdout
    (folder / CORE / "bin" / "spack").write_text("#!/bin/sh\n")
    assert "DAMAGED" in other("spack", "status", code=6).stdout
