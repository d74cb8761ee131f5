"""The Spack engine against raw Spack, in one run on one machine: ratios, not seconds, count.

    python benchmarks/spack.py [--folder DIR] [--template neocortex] [--variant ~v5]

The whole way   create, develop, build, activate against the documented sequence of raw Spack commands:
                env create, develop, add, concretize, install, env activate. Both with the same Spack,
                externals, wheels and dev sources, and nothing installed; raw Spack with all recipes.
Concretization  with the recipes narrowed as devenv narrows them, against all of them: at first use, with
                nothing in Spack's cache, and again.
Activation      bash that sources the generation's script against `spack env activate --sh`.
No-op build     `devenv build` against `spack install`.

Everything stands in a folder of its own, which is gone afterwards. Exit code 1 where an aim is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NAME = "bench"


@dataclass(frozen=True)
class Row:
    """One comparison, in seconds of the wall. aim: of the ratio, as the project set it."""

    title: str
    ours: float
    theirs: float
    aim: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    def __str__(self) -> str:
        met = "met" if self.ratio <= self.aim else "MISSED"
        numbers = f"{self.ours:9.3f} s {self.theirs:9.3f} s {self.ratio:8.4f}  aim {self.aim}"
        return f"{self.title:34}{numbers}  {met}"


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """The best of several runs."""
    taken = []
    for _ in range(times):
        before = time.perf_counter()
        work()
        taken.append(time.perf_counter() - before)
    return min(taken)


def run(argv: list[str], environ: dict[str, str], cwd: Path | None = None) -> str:
    done = subprocess.run(
        argv,
        env=environ,
        cwd=cwd,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        sys.exit(f"{shlex.join(argv)}\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass(frozen=True)
class Ours:
    """devenv in a home of its own."""

    home: Path
    template: str
    variant: str

    def __call__(self, *words: str) -> str:
        environ = {**os.environ, "DEVENV_HOME": str(self.home)}
        environ.pop("PYTHONPATH", None)
        return run([sys.executable, "-m", "devenv", *words], environ, self.home)

    def create(self, name: str) -> None:
        wheels = ("--engine", "spack", "--wheels-as-externals")
        self("create", name, "--template", self.template, *wheels, "--variant", self.variant)

    def argv(self) -> list[str]:
        """The words of Spack's call up to its command: -C SCOPE -D FOLDER come last."""
        line = shlex.split(self("build", NAME, "--dry-run").splitlines()[0])
        return line[: line.index("install")]


@dataclass(frozen=True)
class Raw:
    """Spack as people call it: start (Python and program), with a scope, in a cache of its own."""

    start: tuple[str, ...]
    scope: Path
    cache: Path

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        more = {"SPACK_USER_CACHE_PATH": str(self.cache), "SPACK_DISABLE_LOCAL_CONFIG": "1"}
        return {**kept, **more}

    def __call__(self, *words: str) -> str:
        return run([*self.start, "-C", str(self.scope), *words], self.environ)


def scope_with(scope: Path, to: Path, recipes: str, store: Path) -> Path:
    """A copy of devenv's scope with all recipes and with installs of its own."""
    import yaml

    shutil.copytree(scope, to)
    text = (to / "repos.yaml").read_text(encoding="utf-8")
    lines = [f"  builtin: {recipes}" if "builtin:" in one else one for one in text.splitlines()]
    (to / "repos.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = yaml.safe_load((to / "config.yaml").read_text(encoding="utf-8"))
    for name in ("build_stage", "test_stage", "source_cache"):
        config["config"][name] = str(store / name)
    config["config"]["install_tree"] = {"root": str(store / "opt")}
    (to / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return to


def prepared(ours: Ours) -> dict[str, Path]:
    """What both start from: Spack, the wheels, and clones of the dev sources, by Spack's name."""
    ours("spack", "setup")
    ours.create("prepare")
    ours("develop", "neurodamus", "--env", "prepare")
    ours("develop", "neurodamus-models", "--env", "prepare")
    sources = ours.home / "sources" / "prepare"
    found = {"py-neurodamus": "neurodamus", "neurodamus-models": "neurodamus-models"}
    return {spack: sources / name for spack, name in found.items()}


def our_way(ours: Ours, sources: dict[str, Path]) -> None:
    ours.create(NAME)
    for name, path in sources.items():
        plain = name.removeprefix("py-")
        ours("develop", plain, "--path", str(path), "--env", NAME)
    ours("build", NAME, "-j", "2")
    run(["bash", "-c", f'eval "$({sys.executable} -m devenv activate {NAME})"'], _home(ours))


def _home(ours: Ours) -> dict[str, str]:
    return {**os.environ, "DEVENV_HOME": str(ours.home)}


def raw_way(raw: Raw, folder: Path, sources: dict[str, Path], specs: list[str]) -> None:
    """As Spack's documentation and the simulator's have it, command by command."""
    at = ("-D", str(folder))
    raw("env", "create", "-d", str(folder))
    for name, path in sources.items():
        raw(*at, "develop", "-p", str(path), "--no-clone", f"{name}@develop")
    raw(*at, "add", *specs)
    raw(*at, "concretize")
    raw(*at, "install", "-j", "2")
    raw("env", "activate", "--sh", "-d", str(folder))


def specs_of(ours: Ours) -> list[str]:
    import yaml

    text = (ours.home / "envs" / NAME / "spack.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load(text)["spack"]["specs"])


def concretizations(ours: Ours, raw: Raw, folder: Path) -> tuple[Row, Row]:
    """At first use, and with the index of recipes in the cache."""
    argv = ours.argv()
    manifest = ours.home / "envs" / NAME / "spack.yaml"
    narrow = Raw(raw.start, Path(argv[argv.index("-C") + 1]), folder / "narrow-cache")
    taken: dict[Raw, list[float]] = {}
    for one in (narrow, Raw(raw.start, raw.scope, folder / "whole-cache")):
        place = folder / one.cache.name.replace("cache", "env")
        place.mkdir()
        shutil.copy(manifest, place)
        words = ("-D", str(place), "concretize", "--force")
        taken[one] = [seconds(lambda o=one, w=words: o(*w)) for _ in range(2)]
    (first, again), (all_first, all_again) = taken.values()
    return (
        Row("concretization, first use", first, all_first, 0.1),
        Row("concretization, again", again, all_again, 0.25),
    )


def activation(ours: Ours, raw: Raw, folder: Path) -> Row:
    script = ours.home / "envs" / NAME / "current" / "activate.sh"
    ready = _home(ours)
    source = ["bash", "--norc", "--noprofile", "-c", f". {shlex.quote(str(script))}"]
    empty = ["bash", "--norc", "--noprofile", "-c", ":"]
    run(source, ready)
    own = seconds(lambda: run(source, ready), 30) - seconds(lambda: run(empty, ready), 30)
    theirs = seconds(lambda: raw("env", "activate", "--sh", "-d", str(folder)), 3)
    return Row("activation (in a shell)", max(own, 0.0001), theirs, 0.005)


def rows(ours: Ours, folder: Path) -> list[Row]:
    sources = prepared(ours)
    whole_way = seconds(lambda: our_way(ours, sources))
    argv, store = ours.argv(), folder / "raw"
    recipes = json.loads(ours("spack", "status", "--json"))["recipes"]
    scope = scope_with(Path(argv[argv.index("-C") + 1]), store / "scope", recipes, store)
    raw = Raw(tuple(argv[: argv.index("-C")]), scope, store / "cache")
    env = store / "env"
    theirs = seconds(lambda: raw_way(raw, env, sources, specs_of(ours)))
    ours("build", NAME)
    return [
        Row("the whole way", whole_way, theirs, 0.8),
        *concretizations(ours, raw, folder),
        activation(ours, raw, env),
        Row(
            "no-op build",
            seconds(lambda: ours("build", NAME), 5),
            seconds(lambda: raw("-D", str(env), "install"), 3),
            0.2,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where all of it is made; default: temporary")
    parser.add_argument("--template", default="neocortex")
    parser.add_argument("--variant", default="~v5")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="devenv-bench-") as name:
        folder = Path(name)
        (folder / "home").mkdir()
        found = rows(Ours(folder / "home", asked.template, asked.variant), folder)
    print(f"{'':34}{'devenv':>11} {'raw Spack':>11} {'ratio':>8}")
    for row in found:
        print(row)
    return 0 if all(row.ratio <= row.aim for row in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
