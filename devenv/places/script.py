"""The script of a batch job. It activates a generation, if the job uses one, without starting Python."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from devenv.core.launch import Launch, LaunchRequest
from devenv.places.place import Queue


@dataclass(frozen=True)
class Activation:
    """What a job's script does before the command. All paths are absolute.

    script: the generation's activation script for a POSIX shell; empty for none. title: a comment in the
    script. modules: loaded first. modules_init: the file that defines `module`, if the shell has not.
    """

    script: str
    title: str
    modules: tuple[str, ...] = ()
    modules_init: str = ""


def script_text(
    batch: Queue, request: LaunchRequest, launch: Launch, activation: Activation, exit_file: str
) -> str:
    """The text of the script. launch: the command in it. exit_file: where it records the exit code;
    empty for an array, whose tasks write nothing, so that the command replaces the script.
    """
    sets = [f"export {name}={shlex.quote(value)}" for name, value in launch.env]
    lines = ["#!/bin/sh", *batch.header(request), f"# {activation.title}"]
    lines += [f"cd {shlex.quote(request.workdir)} || exit 1", *_modules(activation)]
    script = activation.script
    lines += [*([f". {shlex.quote(script)} || exit 1"] if script else []), *sets]
    command = shlex.join(launch.argv)
    if not exit_file:
        return "\n".join([*lines, f"exec {command}", ""])
    left = shlex.quote(exit_file)
    # A job that is requeued after its node failed has not ended.
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
