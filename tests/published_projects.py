"""Model folders that others published, as projects: cloned, and simulated in two ways."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

NETPYNE = "suny-downstate-medical-center/netpyne"


@dataclass(frozen=True)
class Published:
    """repository: on GitHub. folder: of the model in it. mods: the folder with MOD files, below that."""

    name: str
    repository: str
    folder: str = ""
    mods: str = "mod"


PUBLISHED = (
    Published("modeldb82894", "ModelDBRepository/82894"),
    Published("modeldb87284", "ModelDBRepository/87284", mods="."),
    Published("modeldb267618", "ModelDBRepository/267618"),
    Published("l5pc", "BlueBrain/BluePyOpt", "examples/l5pc", "mechanisms"),
    Published("hybrid", NETPYNE, "examples/HybridTut"),
)
SCRIPT = """\
import hashlib, os, struct
from neuron import h

def of_the_model():
    types, name = h.MechanismType(0), h.ref("")
    for number in range(int(types.count())):
        types.select(number)
        types.selected(name)
        if types.file() and "nrnoc" not in types.file():
            yield name[0]

def trace(mechanism):
    section = h.Section(name="section")
    section.L = section.diam = 20
    section.insert("hh")
    section.insert(mechanism)
    clamp = h.IClamp(section(0.5))
    clamp.delay, clamp.dur, clamp.amp = 1, 8, 0.2
    v = h.Vector().record(section(0.5)._ref_v)
    h.finitialize(-65)
    while h.t < 10:
        h.fadvance()
    return hashlib.sha256(struct.pack(f"{len(v)}d", *v)).hexdigest()[:16]

for mechanism in sorted(of_the_model()):
    # A process of its own: one with a POINTER that nobody set ends it.
    if not (child := os.fork()):
        print("TRACE", mechanism, trace(mechanism), flush=True)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        print("TRACE", mechanism, "ended by", status, flush=True)
h.quit()
"""
"""A first simulation: a cell with each density mechanism in turn, and what its voltage was."""


def clone(one: Published, into: Path) -> Path:
    """The folder of the model as a new clone has it. CalledProcessError where it cannot be had."""
    url = f"https://github.com/{one.repository}.git"
    into.mkdir(parents=True)
    archive = ["git", "archive", f"--remote={url}", f"HEAD:{one.folder}"]
    done = subprocess.run(archive, capture_output=True, check=False, timeout=300)
    if done.returncode == 0:  # a mirror of ours, which need not hold all of the repository
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
            tar.extractall(into, filter="data")
        folder = into
    else:
        git = ["git", "clone", "-q", "--depth=1", url, str(into)]
        subprocess.run(git, capture_output=True, check=True)
        folder = into / one.folder
    (folder / "first_simulation.py").write_text(SCRIPT, encoding="utf-8")
    return folder


def traces(output: str) -> list[str]:
    """The lines that the script printed."""
    return [line for line in output.splitlines() if line.startswith("TRACE ")]
