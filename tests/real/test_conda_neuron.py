"""NEURON as a wheel inside a conda package, which compiles mechanisms while it is built."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conda_parts import (
    VERSION,
    channel_records,
    contents,
    download,
    install,
    make_python,
    wheel_recipe,
    write,
)
from support import Devenv, plain_environ

pytestmark = pytest.mark.real

NEEDS = ("find_libpython", "packaging", "setuptools<80", "numpy<2.3")
META = """\
package: {name: with-neuron, version: '1'}
build: {number: 0}
requirements:
  host: [python, pip, find-libpython, packaging, setuptools, numpy]
  run: [python, find-libpython, packaging, setuptools, numpy]
test:
  imports: [neuron]
about: {license: BSD 3-Clause}
"""
BUILD = """\
#!/bin/bash
${PYTHON} -m pip install --no-deps --no-index @WHEEL@
mkdir -p "$PREFIX/share/mechanisms"
cp "$RECIPE_DIR/leaky.mod" "$PREFIX/share/mechanisms"
cd "$PREFIX/share/mechanisms" && nrnivmodl .
"""
MOD = """\
NEURON { SUFFIX leaky NONSPECIFIC_CURRENT i RANGE g }
PARAMETER { g = 0.001 }
ASSIGNED { v i }
BREAKPOINT { i = g * (v + 50) }
"""
RUN = """\
import sys
from neuron import h
h.nrn_load_dll(sys.argv[1])
h.load_file("stdrun.hoc")
cell = h.Section()
cell.insert("leaky")
h.finitialize(-70)
h.continuerun(20)
print("voltage", round(cell(0.5).v, 9))
"""
RUN_TEST = """\
import glob, sys
sys.argv[1:] = glob.glob(sys.prefix + "/share/mechanisms/*/libnrnmech.so")
"""


def test_neuron_inside_a_package(devenv: Devenv, tmp_path: Path) -> None:
    """nrnivmodl is a script of the wheel: it runs under the long path of the build, and installed."""
    (wheel,) = download(tmp_path / "neuron", "neuron==8.2.7")
    parts = {p.name.split("-")[0].lower(): p for p in download(tmp_path / "wheels", *NEEDS)}
    channel = tmp_path / "channel"
    make_python(devenv, tmp_path, channel, VERSION)
    recipes = [wheel_recipe(tmp_path, name.replace("_", "-"), path) for name, path in parts.items()]
    devenv("conda", "build", *recipes, "--output", channel)
    texts = {"meta.yaml": META, "build.sh": BUILD.replace("@WHEEL@", str(wheel)), "leaky.mod": MOD}
    folder = write(tmp_path / "with-neuron", {**texts, "run_test.py": RUN_TEST + RUN})
    done = devenv("conda", "build", folder, "--output", channel)
    assert "built and tested" in done.stdout
    (place,) = [one for one in channel_records(channel) if "with-neuron" in one]
    files = contents(channel / place)
    assert files["bin/nrnivmodl"].startswith(b"#!/bin/sh\n'''exec' \"")
    assert any(name.endswith("libnrnmech.so") for name in files)

    prefix = tmp_path / "prefix"
    install(devenv, prefix, channel, "with-neuron")
    (library,) = prefix.glob("share/mechanisms/*/libnrnmech.so")
    inside = voltage([prefix / "bin" / "python"], library)
    assert -55 < inside < -50
    shown = subprocess.run(
        [prefix / "bin" / "nrnivmodl", "-h"], capture_output=True, text=True, check=False
    )
    assert "nrnivmodl" in shown.stdout + shown.stderr


def voltage(python: list[Path], library: Path) -> float:
    argv = [*python, "-c", RUN, library]
    environ = plain_environ()
    done = subprocess.run(
        list(map(str, argv)), env=environ, capture_output=True, text=True, check=True
    )
    (value,) = re.findall(r"voltage (\S+)", done.stdout)
    return float(value)
