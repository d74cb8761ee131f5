"""What we started ends with us, also where we are killed and can end nothing ourselves (SIGKILL).

A small shell reads from a pipe what is running. The kernel closes our end of the pipe when we die,
however that happens: then the shell ends what is left.
"""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress

# A line is "+ TARGET" or "- TARGET". Targets are asked to end first: a compiler removes what it has
# written by half. The shell goes into the background, so that it is no child of what we may become by
# exec, which would have to wait for it.
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
    """Ends what it was given when this process dies. A target is a process, or, negative, a group, as
    kill(2) has it. grace: seconds between the request to end and the kill.

    It is started with the first target: most commands of ours have none.
    """

    def __init__(self, grace: float) -> None:
        self._script = _SCRIPT.replace("GRACE", f"{grace:g}")
        self._lock = threading.Lock()
        self._pipe = -1
        self._owner = 0

    def watch(self, target: int) -> None:
        """End `target` when we die."""
        with self._lock:
            if self._owner != os.getpid():
                self._pipe, self._owner = self._started(), os.getpid()
            self._tell("+", target)

    def forget(self, target: int) -> None:
        """`target` has ended, and its number may soon be another's."""
        with self._lock:
            if self._owner == os.getpid():
                self._tell("-", target)

    def _started(self) -> int:
        """The end of the pipe that the shell listens to; negative where no shell can be started, and
        nothing is lost but the end of what we started when we are killed.
        """
        reading, writing = os.pipe()
        try:
            # In a session of its own: what kills our whole group does not reach it.
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
