"""A neocortex with a developed neurodamus: the environment of the main job."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from stand_ins import Repositories
from support import RING, Devenv

NAME = "neocortex"


@dataclass(frozen=True)
class Neocortex:
    """It is built. source: the developed neurodamus. circuit: the ring to simulate."""

    devenv: Devenv
    repositories: Repositories
    source: Path
    circuit: Path

    def simulate(self, out: Path, *arguments: str, **variables: str) -> str:
        """Run the ring with the plain `neurodamus`; all it printed."""
        path = os.pathsep.join(filter(None, [variables.pop("PYTHONPATH", ""), str(RING)]))
        command = ("neurodamus", "simulation_sonata.json", f"--output-path={out}")
        done = self.devenv(
            *("run", NAME, *arguments, "--", *command),
            cwd=self.circuit,
            PYTHONPATH=path,
            **variables,
        )
        return done.stdout


def make_neocortex(home: Path, repositories: Repositories) -> Neocortex:
    devenv = Devenv(home, repositories.environ)
    devenv("create", NAME)
    devenv("develop", "neurodamus-py")
    built = devenv("build")
    assert re.search(r"\d+ mechanisms, \d+ of them compiled now", built.stdout), built.stdout
    circuit = devenv.home.parent / "ring"
    devenv("run", "--", "python", RING / "make_ring.py", circuit)
    source = devenv.home / "sources" / NAME / "neurodamus"
    return Neocortex(devenv, repositories, source, circuit)
