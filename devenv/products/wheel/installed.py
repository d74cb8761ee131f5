"""Installs a wheel in a fresh environment, inspects its features, and runs its test steps."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from devenv.core.errors import StepError, UsageError
from devenv.core.requirements import requirement_name
from devenv.products.wheel.trial import MOD, Able, Step, StepOutcome
from devenv.system import files
from devenv.system.answers import require_answer
from devenv.system.index_address import index_address, with_index
from devenv.system.os_errors import reporting
from devenv.system.process import run
from devenv.system.redaction import redacted
from devenv.system.uv import clean, uv_argv

LIMIT = 900
"""Time limit of a step in seconds: ranks that do not find each other wait forever."""


@dataclass(frozen=True)
class Origin:
    """The sources of the wheel and its dependencies. what: a file or a requirement. links: directories
    of wheels. index: an address; empty: the machine's default. offline: use no index.
    """

    what: str
    links: tuple[str, ...] = ()
    index: str = ""
    offline: bool = False
    requires: tuple[str, ...] = ()


def install(origin: Origin, python: str, folder: Path, environ: Mapping[str, str]) -> None:
    """Make an environment in `folder` with the wheel. UsageError if a dependency is not available."""
    variables = with_index(clean(environ))
    venv = run((*uv_argv(), "venv", "-q", "--python", python, str(folder)), environ=variables)
    if venv.returncode:
        raise StepError(f"no environment could be made for {python}: {venv.stderr.strip()}")
    options = [word for link in origin.links for word in ("--find-links", link)]
    options += ["--no-index"] if origin.offline else []
    options += ["--index", origin.index] if origin.index else []
    argv = (
        *uv_argv(),
        "pip",
        "install",
        "-q",
        "--python",
        str(folder / "bin" / "python"),
        *options,
    )
    _require_index(origin, variables)
    done = run((*argv, origin.what, *origin.requires), environ=variables)
    if done.returncode:
        why = " ".join(re.sub(r"[│╰─▶×╭]", " ", redacted(done.stderr, environ)).split())
        raise UsageError(
            f"{Path(origin.what).name} cannot be installed: {why}",
            fix="What it needs is looked for beside it, in --find-links, or with --with-index in the"
            " index."
            if origin.offline
            else "Check the name and the index.",
        )


def _require_index(origin: Origin, environ: Mapping[str, str]) -> None:
    """UnreachableError for a silent index, which uv would retry for minutes. It requests the project's
    page, never the list of all projects.
    """
    address = origin.index or ("" if origin.offline else index_address(environ)[0])
    file = origin.what.endswith(".whl")
    name = Path(origin.what).name.split("-")[0] if file else requirement_name(origin.what)
    url = f"{address.rstrip('/')}/{canonicalize_name(name)}/"
    require_answer(url, f"the package index {address}", environ)


_PROBE = """
import json, platform, sys
from importlib import metadata
d = metadata.distribution(sys.argv[1])
tops = {str(f).split("/")[0] for f in d.files or ()}
modules = {t.split(".")[0] for t in tops if not t.endswith((".dist-info", ".data", ".libs", ".pth"))
           and t not in ("..", "__pycache__")}
options = ""
if "neuron" in modules:
    try:
        from neuron import h
        options = h.nrnversion(6)
    except Exception as error:
        options = "not known: %s" % error
print("\\n" + json.dumps([sorted(m for m in modules if m.isidentifier()), options, platform.machine()]))
"""


def able(folder: Path, distribution: str, environ: Mapping[str, str]) -> Able:
    """The features of the installed wheel, and of the machine."""
    python = str(folder / "bin" / "python")
    done = run((python, "-c", _PROBE, distribution), environ=in_environment(folder, environ))
    if done.returncode:
        raise StepError(f"{distribution} cannot be inspected: {done.stderr.strip()[-500:]}")
    modules, options, arch = json.loads(done.stdout.strip().splitlines()[-1])
    missing = {}
    if not any(shutil.which(name, path=environ.get("PATH")) for name in ("c++", "g++", "clang++")):
        missing["c++"] = "there is no C++ compiler on PATH"
    if not shutil.which("make", path=environ.get("PATH")):
        missing["make"] = "there is no make on PATH"
    if not shutil.which("nvc++", path=environ.get("PATH")):
        missing["gpu"] = "there is no nvc++ on PATH"
    elif not Path("/dev/nvidia0").exists():
        missing["gpu"] = "this machine has no GPU"
    scripts = frozenset(path.name for path in (folder / "bin").iterdir())
    return Able(distribution, tuple(modules), scripts, options, arch, missing)


def in_environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of an activated environment, without those of another one."""
    path = f"{folder}/bin:{environ.get('PATH', os.defpath)}"
    own = {k: v for k, v in clean(environ).items() if not k.startswith(("NRN", "NEURON", "HOC_"))}
    return {**own, "PATH": path, "VIRTUAL_ENV": str(folder)}


def run_steps(
    steps: Sequence[Step], folder: Path, work: Path, log: Path, environ: Mapping[str, str]
) -> list[StepOutcome]:
    """Run the steps in order; a failure does not stop the others. log: the file for their output."""
    for name in {step.folder for step in steps}:
        files.write_text(work / name / "devenvtest.mod", MOD)
    variables = in_environment(folder, environ)
    return [_outcome(step, work, log, variables) for step in steps]


def _outcome(step: Step, work: Path, log: Path, environ: Mapping[str, str]) -> StepOutcome:
    if not step.argv:
        return StepOutcome(step.name, "skipped", step.reason)
    began = time.monotonic()
    environ = {**environ, **dict(step.variables)}
    if step.path:
        environ = {**environ, "PATH": f"{step.path}:{environ['PATH']}"}
    limited = ("timeout", "-k", "5", str(LIMIT)) if shutil.which("timeout") else ()
    done = run((*limited, *step.argv), environ=environ, cwd=work / step.folder)
    seconds = time.monotonic() - began
    text = redacted(done.stdout + done.stderr, environ)
    with reporting(log), log.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"== {step.name}\n{text}\n")
    missing = [one for one in step.expect if not re.search(one, text, re.MULTILINE)]
    reason = ""
    if done.returncode == 124 and limited:
        reason = f"it did not end within {LIMIT} s"
    elif done.returncode:
        reason = f"exit code {done.returncode}"
    elif missing:
        reason = f"its output has no {missing[0]!r}"
    tail = "\n".join(text.strip().splitlines()[-15:]) if reason else ""
    return StepOutcome(step.name, "failed" if reason else "passed", reason, round(seconds, 2), tail)
