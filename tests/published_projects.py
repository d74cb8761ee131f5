"""Model folders that others published, as projects: cloned, and simulated in two ways."""

from __future__ import annotations

import io
import json
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

    @property
    def mods_folder(self) -> str:
        return "/".join(part for part in (self.folder, self.mods) if part not in ("", "."))


PUBLISHED = (
    Published("modeldb82894", "ModelDBRepository/82894"),
    Published("modeldb87284", "ModelDBRepository/87284", mods="."),
    Published("modeldb267618", "ModelDBRepository/267618"),
    Published("l5pc", "BlueBrain/BluePyOpt", "examples/l5pc", "mechanisms"),
    Published("ca3", NETPYNE, "examples/CA3model_3pops"),
)
SCRIPT = """\
import hashlib, json, os, resource, struct, sys
from neuron import h

def of_the_model(kind):
    types, name = h.MechanismType(kind), h.ref("")
    for number in range(int(types.count())):
        types.select(number)
        types.selected(name)
        if types.file() and "nrnoc" not in types.file():
            yield name[0], bool(kind and types.is_artificial(number))

def trace(kind, name):
    section = h.Section(name="section")
    section.L = section.diam = 20
    section.insert("hh")
    if kind:
        placed = getattr(h, name)(section(0.5))
    else:
        section.insert(name)
    clamp = h.IClamp(section(0.5))
    clamp.delay, clamp.dur, clamp.amp = 1, 8, 0.2
    v = h.Vector().record(section(0.5)._ref_v)
    h.finitialize(-65)
    while h.t < 10:
        h.fadvance()
    return hashlib.sha256(struct.pack(f"{len(v)}d", *v)).hexdigest()[:16]

def apart(kind, name):
    # A process of its own: some cannot run with their defaults, and end it, or never end.
    read, write = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
        try:
            os.write(write, trace(kind, name).encode())
        except BaseException as error:
            os.write(write, type(error).__name__.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        said = file.read()
    status = os.waitpid(child, 0)[1]
    return said or f"ended by {status}"

found = {}
for kind in (0, 1):
    for name, artificial in of_the_model(kind):
        found[name] = "artificial" if artificial else apart(kind, name)
sys.stdout.write("TRACES " + json.dumps(found) + "\\n")
sys.stdout.flush()
h.quit()
"""
"""A first simulation: a cell with each mechanism in turn, and what its voltage was."""


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


def traces(output: str) -> list[dict[str, str]]:
    """For each run of the script: mechanism -> the hash of its trace, or why there is none."""
    found = [line[7:] for line in output.splitlines() if line.startswith("TRACES ")]
    return [json.loads(line) for line in found]
