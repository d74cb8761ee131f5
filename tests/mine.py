"""A small environment with a developed neurodamus, and a site's module that shadows all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support import Devenv, plain_environ

PROGRAM = Path(sys.executable).with_name("devenv")
NAME = "mine"
TEMPLATE = """\
summary: The simulator's own mechanisms and the ring's
python: ">=3.10,<3.15"
neuron: neuron==9.0.2
packages: [neurodamus==4.2.9]
model:
  mods: [{package: neurodamus}, {package: devenv, path: ring/mod}]
  hoc: [{package: neurodamus}, {package: devenv, path: ring/hoc}]
  flags: [-DDISABLE_REPORTINGLIB]
tests:
  own:
    package: neurodamus
    acceptance: [neurodamus]
    deps: ["pytest<9.1", pytest-forked]
    env: {NEURON_INIT_MPI: "0"}
"""
MODULES = Path("/usr/share/modules")
WHERE = "import neurodamus, os; print('FROM', os.path.realpath(neurodamus.__file__))"


@dataclass(frozen=True)
class Mine:
    """A small environment with a developed neurodamus, and a module that shadows it."""

    devenv: Devenv
    source: Path
    site: Path

    @property
    def current(self) -> Path:
        return self.devenv.home / "envs" / NAME / "current"

    @property
    def neurodamus(self) -> str:
        return f"FROM {os.path.realpath(self.source)}/neurodamus/__init__.py"

    def bash(self, code: str, returncode: int | None = 0, **variables: str) -> str:
        """What bash says to `code`, with the program in PATH and the modules to be had."""
        environ = {
            **plain_environ(),
            "DEVENV_HOME": str(self.devenv.home),
            "MODULEPATH": str(self.site / "modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        }
        environ["PATH"] = f"{PROGRAM.parent}:{environ['PATH']}"
        text = f". {MODULES}/init/bash 2>/dev/null\n{code}"
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c", text], env=environ, cwd=self.site, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False,
        )  # fmt: skip
        assert returncode is None or done.returncode == returncode, done.stdout
        return done.stdout


def shadow(site: Path) -> None:
    """What a site's module brings: another copy of all that is ours."""
    for file, text in {
        "python/neurodamus/__init__.py": "raise SystemExit('the shadow was imported')\n",
        "python/neurodamus/data/init.py": "raise SystemExit('the init script of the shadow')\n",
        "hoc/neurodamus.hoc": 'print "the HOC file of the shadow"\n',
        "bin/special": "#!/bin/sh\necho the special of the shadow\nexit 9\n",
        "modules/neurodamus-neocortex/1.0": f"""#%Module
prepend-path PATH {site}/bin
prepend-path PYTHONPATH {site}/python
prepend-path HOC_LIBRARY_PATH {site}/hoc
setenv NEURODAMUS_PYTHON {site}/python/neurodamus/data
""",
    }.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)
    (site / "bin/special").chmod(0o755)


def make_mine(make_devenv: Callable[[str], Devenv]) -> Mine:
    devenv = make_devenv("activation")
    site = devenv.home.parent / "site"
    shadow(site)
    template = devenv.home.parent / "small.yaml"
    template.write_text(TEMPLATE)
    devenv("create", NAME, "--template", template)
    devenv("develop", "neurodamus-py", "--release")
    devenv("build")
    return Mine(devenv, devenv.home / "sources" / NAME / "neurodamus", site)
