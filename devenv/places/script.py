"""The script of a batch job: it activates a generation, where it is in one, without a Python."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from devenv.core.launch import Launch, LaunchRequest
from devenv.places.place import Queue


@dataclass(frozen=True)
class Activation:
    """What comes before the command. All paths are absolute.

    script: the generation's, for a POSIX shell; empty: none is activated. title: for a person who reads
    the script. modules: loaded first; modules_init: what defines `module` where the shell has none.
    """

    script: str
    title: str
    modules: tuple[str, ...] = ()
    modules_init: str = ""


def script_text(
    batch: Queue, request: LaunchRequest, launch: Launch, activation: Activation, exit_file: str
) -> str:
    """The whole script. launch: what is started inside. exit_file: where the exit code is left; empty
    for an array, whose tasks write nothing: the script then becomes the command."""
    sets = [f"export {name}={shlex.quote(value)}" for name, value in launch.env]
    lines = ["#!/bin/sh", *batch.header(request), f"# {activation.title}"]
    lines += [f"cd {shlex.quote(request.workdir)} || exit 1", *_modules(activation)]
    script = activation.script
    lines += [*([f". {shlex.quote(script)} || exit 1"] if script else []), *sets]
    command = shlex.join(launch.argv)
    if not exit_file:
        return "\n".join([*lines, f"exec {command}", ""])
    left = shlex.quote(exit_file)
    # One that is queued again after its node died is not over.
    done = [f"rm -f {left}", command, "code=$?", f'echo "$code" >{left}', 'exit "$code"', ""]
    return "\n".join([*lines, *done])


def _modules(activation: Activation) -> list[str]:
    if not activation.modules:
        return []
    init = shlex.quote(activation.modules_init)
    return [
        f"command -v module >/dev/null 2>&1 || . {init}",
        f"module load {shlex.join(activation.modules)} || exit 1",
    ]
