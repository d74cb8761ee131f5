"""A small environment with neurodamus and the ring, which takes seconds to make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support import RING, Devenv

TINY = """\
summary: neurodamus, and the mechanisms of the ring
neuron: neuron==9.0.2
packages: [neurodamus==4.2.9]
model:
  mods: [{package: neurodamus}, {package: devenv, path: ring/mod}]
  hoc: [{package: neurodamus}, {package: devenv, path: ring/hoc}]
  flags: [-DDISABLE_REPORTINGLIB]
tests:
  bb5: {package: neurodamus, tests: [tests/unit], acceptance: [neurodamus]}
"""


@dataclass(frozen=True)
class Tiny:
    """A built environment `tiny` that develops neurodamus's source release, and the ring to simulate."""

    devenv: Devenv
    circuit: Path

    @property
    def source(self) -> Path:
        return self.devenv.home / "sources" / "tiny" / "neurodamus"

    def simulate(self, name: str, out: Path, code: int = 0) -> str:
        """Run the ring in an environment, without a build; all it printed."""
        command = ("neurodamus", "simulation_sonata.json", f"--output-path={out}")
        return self.devenv(
            *("run", name, "--no-build", "--", *command),
            cwd=self.circuit,
            code=code,
            PYTHONPATH=str(RING),
        ).stdout


def template(devenv: Devenv, name: str, text: str) -> None:
    path = devenv.home / "templates" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
