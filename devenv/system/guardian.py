"""Ends our child processes if this process is killed (SIGKILL).

A small shell reads the list of running children from a pipe. When we die, the kernel closes our end of
the pipe, and the shell ends the remaining children.
"""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress

# A line is "+ TARGET" or "- TARGET". SIGTERM comes first, so that compilers remove partial output. The
# shell runs in the background, so that it is not a child of a command that replaces us by exec.
_SCRIPT = """
exec 3<&0
{
    targets=' '
    while read -r sign target; do
        case $sign in
            +) targets="$targets$target " ;;
            -) targets="${targets%% $target *} ${targets#* $target }" ;;
        esac
    done
    left=
    for target in $targets; do kill -s TERM -- "$target" && left="$left $target"; done
    [ -z "$left" ] || sleep GRACE
    for target in $left; do kill -s KILL -- "$target"; done
} <&3 3<&- &
"""


class Guardian:
    """Ends its targets when this process dies. A target is a process ID, or a negative group ID
    (kill(2)). grace: seconds between SIGTERM and SIGKILL.

    `prepare` starts it, or the first target does: most commands have none.
    """

    def __init__(self, grace: float) -> None:
        self._script = _SCRIPT.replace("GRACE", f"{grace:g}")
        self._lock = threading.Lock()
        self._pipe = -1
        self._owner = 0

    def prepare(self) -> None:
        """Start it now: a target that is started next is watched a moment after it exists."""
        with self._lock:
            self._start_once()

    def watch(self, target: int) -> None:
        """End `target` when we die."""
        with self._lock:
            self._start_once()
            self._tell("+", target)

    def forget(self, target: int) -> None:
        """`target` has ended. Its ID may be reused soon."""
        with self._lock:
            if self._owner == os.getpid():
                self._tell("-", target)

    def _start_once(self) -> None:
        if self._owner != os.getpid():
            self._pipe, self._owner = self._started(), os.getpid()

    def _started(self) -> int:
        """The write end of the pipe to the shell; negative if no shell can be started: then children
        are not ended if we are killed.
        """
        reading, writing = os.pipe()
        try:
            # In its own session: a signal to our group does not reach it.
            subprocess.run(
                ("/bin/sh", "-c", self._script),
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.defpath},
                start_new_session=True,
                check=False,
            )
            return writing
        except OSError:
            os.close(writing)
            return -1
        finally:
            os.close(reading)

    def _tell(self, sign: str, target: int) -> None:
        if self._pipe >= 0:
            with suppress(OSError):
                os.write(self._pipe, f"{sign} {target}\n".encode())
