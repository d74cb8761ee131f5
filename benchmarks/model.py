"""Building a model against plain nrnivmodl, in one run on one machine: ratios, not seconds, count.

    python benchmarks/model.py [--template neocortex] [--folder DIR] [--no-spack]

Makes environments of its own in a folder that is gone afterwards. nrnivmodl gets the very same MOD
files, flags, compiler and NEURON. ccache is out of the way but for the row that is about it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from compiled import compile_all


@dataclass(frozen=True)
class Cost:
    """wall: seconds. cpu: seconds of all processes together."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Row:
    """One comparison. aim: of the ratio of walls, as the project set it; 0: it set none."""

    title: str
    ours: Cost
    theirs: Cost
    aim: float


def measured(work: Callable[[], object]) -> Cost:
    """What `work` costs, with all the processes that it starts and waits for."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu)


@dataclass(frozen=True)
class Home:
    """A $DEVENV_HOME. cache: the folder of ccache, None: without it."""

    path: Path
    cache: Path | None = None

    def devenv(self, *arguments: object) -> str:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("DEVENV_")}
        environ["DEVENV_HOME"] = str(self.path)
        environ.update({"CCACHE_DIR": str(self.cache)} if self.cache else {"CCACHE_DISABLE": "1"})
        argv = [sys.executable, "-m", "devenv", "-q", *map(str, arguments)]
        done = subprocess.run(argv, env=environ, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def create(self, name: str, template: str, models: Path | None) -> None:
        more = ("--models", models) if models else ()
        self.devenv("create", name, "--template", template, *more)

    def generation(self, name: str) -> Mapping[str, object]:
        found: Mapping[str, object] = json.loads(self.devenv("show", name, "--json"))["generation"]
        return found


@dataclass(frozen=True)
class Plain:
    """nrnivmodl, as it is used by hand: one folder of mods, and a folder that it builds in."""

    folder: Path
    nrnivmodl: Path

    def build(self) -> None:
        # Without this a second run destroys special, and says that all is well.
        for special in self.folder.glob("*/special"):
            special.unlink()
        environ = {**os.environ, "CC": "gcc", "CXX": "g++", "PYTHONWARNINGS": "ignore"}
        subprocess.run(
            [str(self.nrnivmodl), "-incflags", "-DDISABLE_REPORTINGLIB", "mod"],
            cwd=self.folder,
            env=environ,
            check=True,
            capture_output=True,
        )


def edit(path: Path) -> None:
    """Another content, the same meaning."""
    with path.open("a", encoding="utf-8") as file:
        file.write(": edited\n")


def worktree(home: Home, template: str, folder: Path) -> Path | None:
    """A copy of the models' repository that may be edited; None where the template has none of it."""
    home.create("first", template, None)
    pinned = [*(home.path / "sources" / ".pinned").glob("neurodamus-models@*")]
    home.devenv("remove", "first")
    return shutil.copytree(pinned[0], folder, symlinks=True) if pinned else None


def plain_of(home: Home, name: str, folder: Path) -> Plain:
    """nrnivmodl with the mods of the environment's model, which has to be built."""
    generation = home.generation(name)
    model = generation["model"]
    assert isinstance(model, dict)
    shutil.copytree(Path(model["path"]) / "mod", folder / "mod")
    site = Path(str(generation["neuron"]))
    return Plain(folder, site.parents[2] / "bin" / "nrnivmodl")


def compare(template: str, scratch: Path, *, spack: bool) -> list[Row]:
    """Every row, from the most expensive on. spack: also the one that takes minutes."""
    home = Home(scratch / "home")
    models = worktree(home, template, scratch / "models")
    home.create("one", template, models)
    cold = measured(lambda: home.devenv("build", "one"))
    plain = plain_of(home, "one", scratch / "plain")
    theirs = measured(plain.build)
    rows = [Row("cold", cold, theirs, 0.75)]

    again = measured(lambda: home.devenv("build", "one"))
    rows.append(Row("nothing changed", again, measured(plain.build), 0.1))

    mods = mods_of(home.generation("one"), models) if models else []
    rows += one_edited(home, plain, mods) if mods else []

    home.create("two", template, models)
    second = measured(lambda: home.devenv("build", "two"))
    rows.append(Row("the same model in a second environment", second, theirs, 0.02))

    if shutil.which("ccache"):
        warm = _with_ccache(template, models, scratch)
        rows.append(Row("ccache warm, another $DEVENV_HOME", warm, theirs, 0.1))
    if mods and models and spack:
        theirs = _spack_rebuild(home, template, models, scratch, mods[-1].relative_to(models))
        title = "one mod edited, against Spack's install"
        rows += [Row(title, rows[3].ours, theirs, 0)] if theirs else []
    return rows


def one_edited(home: Home, plain: Plain, mods: list[Path]) -> list[Row]:
    """An edit of a mod of the median size, and of the largest: what it costs hangs on the size."""
    rows = []
    for what, mod in (("median", mods[len(mods) // 2]), ("largest", mods[-1])):
        edit(mod)
        edit(plain.folder / "mod" / mod.name)
        ours = measured(lambda: compiled_one(home))
        rows.append(
            Row(f"one mod edited, the {what} ({mod.name})", ours, measured(plain.build), 0.4)
        )
    return rows


def mods_of(generation: Mapping[str, object], models: Path) -> list[Path]:
    """The MOD files of the generation's model that come from `models`, the smallest first."""
    model = generation["model"]
    assert isinstance(model, dict)
    found: dict[str, Path] = {}
    for folder in model["folders"]:  # the first wins
        found = {path.name: path for path in Path(folder).glob("*.mod")} | found
    ours = [found[f"{name}.mod"] for name in model["mechanisms"] if f"{name}.mod" in found]
    ours = [path for path in ours if path.is_relative_to(models)]
    return sorted(ours, key=lambda path: path.stat().st_size)


def compiled_one(home: Home) -> None:
    """A build that has to find one edited mechanism, and no other."""
    said = home.devenv("build", "one")
    assert " 1 of them compiled now" in said, said


def _spack_rebuild(
    home: Home, template: str, models: Path, scratch: Path, edited: Path
) -> Cost | None:
    """What Spack's install takes after the same edit; None where there is no Spack to be had."""
    try:
        home.devenv("spack", "setup")
    except subprocess.CalledProcessError:
        print("no Spack here: its repositories cannot be cloned", file=sys.stderr)
        return None
    tree = shutil.copytree(models, scratch / "tree-of-spack", symlinks=True)
    options = ("--template", template, "--engine", "spack", "--wheels-as-externals")
    home.devenv("create", "spack", *options)
    home.devenv("develop", "neurodamus-models", "--path", tree, "--env", "spack")
    home.devenv("build", "spack")
    edit(tree / edited)
    return measured(lambda: home.devenv("spack", "exec", "--env", "spack", "--", "install"))


def _with_ccache(template: str, models: Path | None, scratch: Path) -> Cost:
    """A second worktree and a second $DEVENV_HOME, which share a ccache and nothing else."""
    for number in ("first", "second"):
        home = Home(scratch / f"cached-{number}", scratch / "ccache")
        tree = (
            shutil.copytree(models, scratch / f"tree-{number}", symlinks=True) if models else None
        )
        home.create("one", template, tree)
        cost = measured(lambda home=home: home.devenv("build", "one"))
    return cost


def report(rows: list[Row]) -> str:
    header = f"{'':52}{'devenv':>9}{'theirs':>11}{'ratio':>8}{'of CPU':>8}{'aim':>7}"
    lines = [
        f"{row.title:52}{row.ours.wall:8.2f}s{row.theirs.wall:10.2f}s"
        f"{row.ours.wall / row.theirs.wall:8.3f}{row.ours.cpu / row.theirs.cpu:8.3f}{row.aim or '':>7}"
        for row in rows
    ]
    return "\n".join([header, *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description="Building a model against plain nrnivmodl.")
    parser.add_argument("--template", default="neocortex")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--no-spack", dest="spack", action="store_false", help="leave Spack out")
    options = parser.parse_args()
    compile_all()
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        print(report(compare(options.template, Path(scratch), spack=options.spack)))


if __name__ == "__main__":
    main()
