"""How long `devenv wheel` takes, as ratios in one run.

    python benchmarks/wheel.py [--pythons 3.11,3.12] [--files 12] [--wheel KLAYOUT.whl]

build: a matrix with the shared ccache against plain `uv build` and `auditwheel repair` for each Python.
unchanged: the same matrix once more against its build. check: seconds for a wheel that is named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from wheel_samples import layered

from devenv.system.pythons import pythons

SOURCE = """\
#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <vector>
namespace heavy_{number} {{
int run(const std::string &text) {{
    std::map<std::string, std::vector<int>> found;
    std::regex words("[a-z]+{number}");
    for (std::sregex_iterator i(text.begin(), text.end(), words), end; i != end; ++i)
        found[i->str()].push_back({number});
    return int(found.size());
}}
}}
"""


def heavy(folder: Path, files: int) -> Path:
    """The sample package with so many C++ files of some seconds each in its lowest library."""
    source = layered(folder)
    names = []
    for number in range(files):
        (source / "src" / f"heavy{number}.cc").write_text(SOURCE.format(number=number))
        names.append(f'"src/heavy{number}.cc"')
    setup = source / "setup.py"
    text = setup.read_text().replace(
        '[f"src/{source}"],',
        f'[f"src/{{source}}", *([{", ".join(names)}] if source == "tl.cc" else [])],',
    )
    setup.write_text(text)
    return source


def seconds(argv: list[str], environ: dict[str, str], cwd: Path) -> float:
    began = time.monotonic()
    subprocess.run(argv, env=environ, cwd=cwd, check=True, capture_output=True)
    return time.monotonic() - began


def plain(source: Path, pythons: list[str], work: Path, environ: dict[str, str]) -> float:
    """What one does by hand: a build and a repair for each Python, without a cache."""
    total = 0.0
    for python in pythons:
        out = work / f"plain-{Path(python).name}"
        subprocess.run(["rm", "-rf", str(source / "build")], check=True)
        build = ["uv", "build", "--wheel", "--python", python, "--out-dir", str(out), str(source)]
        total += seconds(build, {**environ, "CCACHE_DISABLE": "1"}, work)
        (wheel,) = out.glob("*.whl")
        total += seconds(["auditwheel", "repair", "-w", str(out / "w"), str(wheel)], environ, work)
    return total


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pythons", default="3.10,3.11,3.12,3.13")
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--wheel", type=Path)
    given = parser.parse_args()
    program = [sys.executable, "-m", "devenv", "wheel"]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environ = {**os.environ, "PATH": path, "DEVENV_HOME": str(work / "home")}
        source = heavy(work / "source", given.files)
        matrix = [*program, "build", str(source), "--python", given.pythons]
        built = seconds(matrix, environ, work)
        unchanged = seconds(matrix, environ, work)
        minors = {word.strip() for word in given.pythons.split(",")}
        paths = [p.path for p in pythons(environ) if p.version.rpartition(".")[0] in minors]
        by_hand = plain(source, paths, work, environ)
        print(f"build      {built:7.1f} s against {by_hand:.1f} s: {built / by_hand:.2f}")
        print(f"unchanged  {unchanged:7.1f} s against {built:.1f} s: {unchanged / built:.3f}")
        if given.wheel:
            taken = seconds([*program, "check", str(given.wheel)], environ, work)
            print(f"check      {taken:7.1f} s for {given.wheel.name}")


if __name__ == "__main__":
    main()
