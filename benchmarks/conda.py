"""What devenv adds to building conda packages, and what an unchanged matrix and a grown index cost.

    python benchmarks/conda.py [RUNS]

Three measures, each the median of RUNS (default 3):

- a small package by `devenv conda build` over the library alone: the aim is 1.1 times at most;
- the index of a channel of 1,000 packages after one was added, over its first index: 0.1 at most;
- a matrix of 3 x 3 variants with nothing changed, over its first build: 0.02 at most.

The exit code is 1 where an aim is missed.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compiled import compile_all

META = """\
package: {name: small, version: '1'}
build: {number: 0, string: '{{ one }}_{{ two }}', script: 'sleep 1; echo 1 > $PREFIX/small'}
test: {commands: ['test -f $PREFIX/small']}
"""
ALONE = """
import os, sys
from rattler_build import Stage0Recipe, ToolConfiguration, VariantConfig
recipe = Stage0Recipe.from_dict({
    "package": {"name": "small", "version": "1"},
    "build": {"number": 0, "script": {"content": ["sleep 1; echo 1 > $PREFIX/small"]}},
    "tests": [{"script": ["test -f $PREFIX/small"]}],
}, recipe_dir=sys.argv[1])
recipe.run_build(variant_config=VariantConfig(), output_dir=sys.argv[2], channels=[],
                 tool_config=ToolConfiguration(test_strategy="native"), package_format="conda:9")
sys.stdout.flush()
os._exit(0)
"""
MANY = """
import os, sys
from rattler_build import assemble_package
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    assemble_package(name=f"p{number}", version="1", target_platform="linux-64", build_string="0",
                     output_dir=sys.argv[1] + "/linux-64", files_dir=sys.argv[4], compression_level=1)
sys.stdout.flush()
os._exit(0)
"""


def seconds(*argv: object, home: Path) -> float:
    """The time of a command that has to succeed."""
    environ = {**os.environ, "DEVENV_HOME": str(home)}
    started = time.perf_counter()
    subprocess.run(list(map(str, argv)), env=environ, check=True, capture_output=True)
    return time.perf_counter() - started


def devenv(home: Path, *words: object) -> float:
    return seconds(sys.executable, "-m", "devenv", "-q", "conda", *words, home=home)


def overhead(folder: Path, runs: int) -> float:
    ours, alone = [], []
    for run in range(runs):
        place = folder / f"run-{run}"
        program = [sys.executable, "-c", ALONE, place / "recipe", place / "alone"]
        alone.append(seconds(*program, home=place))
        words = (folder / "small", "--variant", "one=1", "--variant", "two=1")
        ours.append(devenv(place / "home", "build", *words, "--output", place / "ours"))
    return statistics.median(ours) / statistics.median(alone)


def index(folder: Path, count: int = 1000) -> float:
    channel, home = folder / "many", folder / "index-home"
    (channel / "linux-64").mkdir(parents=True)
    files = folder / "files"
    files.mkdir()
    (files / "x").write_text("x")
    many = [sys.executable, "-c", MANY, channel]
    seconds(*many, 0, count, files, home=home)
    first = devenv(home, "index", channel)
    seconds(*many, count, count + 1, files, home=home)
    return devenv(home, "index", channel) / first


def unchanged(folder: Path) -> float:
    home, channel = folder / "matrix-home", folder / "matrix"
    words = ("--variant", "one=1,2,3", "--variant", "two=1,2,3", "--output", channel)
    first = devenv(home, "build", folder / "small", *words)
    return devenv(home, "build", folder / "small", *words) / first


def main() -> int:
    """Print the three ratios, with their aims."""
    compile_all()
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = Path(tempfile.mkdtemp(prefix="devenv-conda-"))
    try:
        (folder / "small").mkdir()
        (folder / "small" / "meta.yaml").write_text(META)
        found = {
            "a small package, over the library": (overhead(folder, runs), 1.1),
            "the index after one of 1,000 was added": (index(folder), 0.1),
            "a matrix of 3 x 3 with nothing changed": (unchanged(folder), 0.02),
        }
    finally:
        shutil.rmtree(folder)
    for name, (ratio, aim) in found.items():
        print(f"{name}: {ratio:.3f} (aim {aim})")
    print(json.dumps({name: ratio for name, (ratio, _) in found.items()}))
    return int(any(ratio > aim for ratio, aim in found.values()))


if __name__ == "__main__":
    sys.exit(main())
