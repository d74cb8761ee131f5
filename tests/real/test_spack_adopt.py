"""Spack environments that people have, adopted as they are; and specs without a template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mpi_hello import LIBRARY, Lab, configure_raw, make_lab
from slurm_cluster import Cluster
from stand_ins import reachable
from support import Devenv

pytestmark = pytest.mark.real

WHOLE_WAY = """\
# The group's environment; keep it tidy.
spack:
  # what we run
  specs:
  - mpi-hello@1.0   # greets
  repos:
    lab: ../recipes/spack_repo/lab
  develop:
    mpi-hello:
      spec: mpi-hello@=1.0
      path: ../clones/hello
  view: ./tools
"""

MATRIX = """\
# Both flavours, for figure 3.
spack:
  definitions:
  - flavours: [+shout, ~shout]
  specs:
  - greeting@2.0
  - matrix:
    - [mpi-hello@1.0]
    - [$flavours]   # both
  include: [../site/packages.yaml]
  repos: {lab: ../recipes/spack_repo/lab}
  concretizer: {unify: false}
  view: false
"""

INCLUDES = """\
spack:
  include:
  - path: ../site/packages.yaml
  specs: [mpi-hello +shout]  # loud
  repos: {lab: $env/../recipes/spack_repo/lab}
  view:
    default:
      root: .spack-env/view
      exclude: [gcc-runtime]
    tools: {root: ./tools, select: [mpi-hello], link: roots}
"""

LINKED = """\
spack:
  specs: [mpi-hello +words]
  repos: {lab: ../recipes/spack_repo/lab}
  include: [../site/packages.yaml]
  view: false
"""

DEVELOPED = """\
# Ask Ana before you change a version!
spack:
  specs:
  - mpi-hello@1.0 ^greeting@1.0
  develop:
    mpi-hello:
      spec: mpi-hello@=1.0
      path: hello        # as `spack develop` writes it
  mirrors:
    group: {url: "file://@CACHE@", signed: false}
  config:
    install_tree: {root: @STORE@}
  repos: {lab: ../recipes/spack_repo/lab}
  include: [../site/packages.yaml]
"""


def hashes(lock: Path) -> tuple[list[str], list[str]]:
    """Of the roots, and of all packages."""
    data = json.loads(lock.read_text())
    return [root["hash"] for root in data["roots"]], sorted(data["concrete_specs"])


def texts(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("spack.yaml", "spack.lock")}


@pytest.fixture(scope="module")
def lab(spack_home: Devenv, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A group, of which devenv has adopted `whole`, and built it."""
    devenv = Devenv(spack_home.home)
    lab = make_lab(devenv, tmp_path_factory.mktemp("lab"))
    lab.source(lab.root / "clones" / "hello")
    folder = lab.environment("whole", WHOLE_WAY)
    said = devenv("adopt", folder).stdout
    assert "Created whole" in said
    devenv("build", "whole")
    configure_raw(lab, "whole")
    return lab


def test_a_code_in_cpp_goes_the_whole_way(lab: Lab, slurm: Cluster) -> None:
    """develop, edit, build, run on two ranks, in a recipe of ours: with no word of NEURON."""
    devenv, folder = lab.devenv, lab.root / "whole"
    ranks = ("run", "whole", "-n", "2", "--", "hello")
    assert sorted(greetings(devenv(*ranks).stdout)) == [
        f"hello from {rank} of 2, greeting 2.0" for rank in (0, 1)
    ]
    before = lab.installed_at()
    source = lab.root / "clones" / "hello" / "hello.cpp"
    source.write_text(source.read_text().replace("%s from", "%s again from"))
    devenv("build", "whole")
    said = devenv(*ranks, **slurm.environ).stdout
    assert sorted(greetings(said)) == [
        f"hello again from {rank} of 2, greeting 2.0" for rank in (0, 1)
    ]
    assert "srun" in devenv(*ranks[:4], "--dry-run", "--", "hello", **slurm.environ).stdout
    changed = {name for name, when in lab.installed_at().items() if before.get(name) != when}
    assert {name.rpartition("-")[0] for name in changed} == {"mpi-hello-1.0"}
    assert (folder / "spack.yaml").read_text() == WHOLE_WAY
    assert [path.name for path in folder.iterdir()] == ["spack.yaml"]
    for words in (
        ("doctor", "whole"),
        ("show", "whole"),
        ("export", "modulefile", "whole"),
    ):
        said = devenv(*words).stdout
        assert "neuron" not in said.lower().replace("devenv", ""), said
    assert "up to date" in devenv("build", "whole").stdout


def greetings(said: str) -> list[str]:
    return [line for line in said.splitlines() if " from " in line]


@pytest.mark.parametrize(
    ("name", "manifest", "edit", "after"),
    [
        ("matrix", MATRIX, ("[+shout, ~shout]", "[~shout]"), "hello"),
        ("includes", INCLUDES, ("mpi-hello +shout", "mpi-hello ~shout"), "hello"),
        ("developed", DEVELOPED, ("mpi-hello@1.0 ^", "mpi-hello@1.0 +shout ^"), "HELLO"),
    ],
)
def test_an_environment_is_adopted_as_it_is(
    lab: Lab, name: str, manifest: str, edit: tuple[str, str], after: str
) -> None:
    cache = lab.root / "cache"
    manifest = manifest.replace("@CACHE@", str(cache)).replace("@STORE@", str(lab.root / "theirs"))
    folder, devenv = lab.environment(name, manifest), lab.devenv
    if "develop:" in manifest:
        cache.mkdir()
        lab.source(folder / "hello")
    lab.raw("-e", folder, "install")
    if "develop:" in manifest:
        lab.raw("-e", folder, "buildcache", "push", "--unsigned", "group", "greeting")
    before, found = texts(folder), lab.raw("-e", folder, "find", "--long")
    tools = folder / "tools"
    view = tools.resolve() if tools.exists() else None
    devenv("adopt", folder)
    said = devenv("build", name).stdout
    assert hashes(lab.lock(name)) == hashes(folder / "spack.lock")
    assert texts(folder) == before
    assert lab.raw("-e", folder, "find", "--long") == found
    assert (tools.resolve() if tools.exists() else None) == view
    if "develop:" in manifest:
        assert "greeting" in said and "from binary cache" in said
    shouted = {"matrix": "HELLO", "includes": "HELLO", "developed": "hello"}[name]
    assert greetings(devenv("run", name, "--", "hello").stdout)[0].startswith(f"{shouted} from 0")
    edited = manifest.replace(*edit)
    (folder / "spack.yaml").write_text(edited)
    devenv("build", name)
    assert greetings(devenv("run", name, "--", "hello").stdout)[0].startswith(f"{after} from 0")
    assert (folder / "spack.yaml").read_text() == edited
    devenv("rollback", name, "2")
    assert (folder / "spack.yaml").read_text() == manifest
    assert greetings(devenv("run", name, "--", "hello").stdout)[0].startswith(f"{shouted} from 0")
    devenv("remove", name)
    assert texts(folder) == before
    assert lab.raw("-e", folder, "find", "--long") == found


@pytest.fixture(scope="module")
def with_recipes(lab: Lab) -> Devenv:
    """The lab's home, with its recipes for all environments."""
    sites = lab.devenv.home / "sites"
    sites.mkdir(exist_ok=True)
    (sites / "lab.yaml").write_text(f"repositories: {{lab: {lab.recipes}}}\n")
    return Devenv(lab.devenv.home, {"DEVENV_SITE": "lab"})


def test_a_project_may_consist_of_specs(with_recipes: Devenv, lab: Lab, tmp_path: Path) -> None:
    devenv = with_recipes
    lab.source(tmp_path / "hello")
    develop = "develop: [{package: mpi-hello, path: hello}]\n"
    (tmp_path / "devenv.yaml").write_text(f"spack: [mpi-hello+shout]\n{develop}")
    assert "is not allowed" in devenv("run", "hello", cwd=tmp_path, code=6).stdout
    assert "by Spack" in devenv("allow", cwd=tmp_path).stdout
    said = devenv("run", "-n", "2", "hello", cwd=tmp_path).stdout
    assert sorted(greetings(said)) == [f"HELLO from {rank} of 2, greeting 2.0" for rank in (0, 1)]
    (tmp_path / "devenv.yaml").write_text(f"spack: [mpi-hello ^greeting@1.0]\n{develop}")
    devenv("allow", cwd=tmp_path)
    assert "hello from 0 of 1, greeting 1.0" in devenv("run", "hello", cwd=tmp_path).stdout
    nowhere = Devenv(tmp_path / "home")
    nowhere("allow", cwd=tmp_path)
    assert "Spack is not set up" in nowhere("run", "hello", cwd=tmp_path, code=2).stdout


def test_what_depends_on_a_developed_library_is_built_again(lab: Lab, tmp_path: Path) -> None:
    """And nothing else: not the other library that the program depends on."""
    source = tmp_path / "words"
    source.mkdir()
    for name, text in LIBRARY.items():
        (source / name).write_text(text)
    folder = lab.environment("linked", LINKED)
    devenv = lab.devenv
    devenv("adopt", folder)
    devenv("develop", "words", "--path", source, "--env", "linked")
    devenv("build", "linked")
    run = ("run", "linked", "-n", "2", "--", "hello")
    assert sorted(greetings(devenv(*run).stdout)) == [
        f"hello from {rank} of 2, greeting 2.0one" for rank in (0, 1)
    ]
    before = lab.installed_at()
    (source / "words.cpp").write_text(LIBRARY["words.cpp"].replace("one", "two"))
    assert "words" in devenv("build", "linked", "--why").stdout
    devenv("build", "linked")
    assert sorted(greetings(devenv(*run).stdout)) == [
        f"hello from {rank} of 2, greeting 2.0two" for rank in (0, 1)
    ]
    changed = {name for name, when in lab.installed_at().items() if before.get(name) != when}
    assert {name.rpartition("-")[0] for name in changed} == {"mpi-hello-1.0", "words-develop"}


def test_a_package_of_spacks_own_is_developed(lab: Lab) -> None:
    """fmt, a library in C++, from a clone: an edit builds it again and nothing else."""
    url = "https://github.com/fmtlib/fmt"
    if not reachable(url):
        pytest.skip(f"{url} cannot be reached")
    devenv = lab.devenv
    devenv("create", "library", "--engine", "spack", "--spec", "fmt~shared")
    root = devenv.home / "envs" / "library"
    assert "specs" not in (root / "environment.yaml").read_text()
    assert "- fmt~shared\n" in (root / "spack.yaml").read_text()
    devenv("develop", "fmt", "--git", url, "--env", "library")
    devenv("build", "library")
    installed = lab.installed_at()
    header = devenv.home / "sources" / "library" / "fmt" / "include" / "fmt" / "base.h"
    header.write_text(f"// ours\n{header.read_text()}")
    devenv("build", "library")
    (view,) = root.glob("spack/*/view/include/fmt/base.h")
    assert view.read_text().startswith("// ours\n")
    changed = {name for name, when in lab.installed_at().items() if installed.get(name) != when}
    assert {name.rpartition("-")[0] for name in changed} == {"fmt-master"}
