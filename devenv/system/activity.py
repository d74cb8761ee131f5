"""What processes have done so far, to tell one that waits for a server from one that works.

One that waits reads and writes nothing, uses no CPU time and starts no process, and its queue of unsent
data does not shrink.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_BYTES, _TICKS = 1024, 5
"""Less than this, in bytes and in clock ticks of CPU time, is no progress."""


@dataclass(frozen=True)
class Activity:
    """What processes have done so far. ids: of a process and its descendants. read_written: bytes.
    ticks: of CPU time. queued: bytes that their connections have not sent yet."""

    ids: frozenset[int]
    read_written: int
    ticks: int
    queued: int

    def beyond(self, before: Activity) -> bool:
        """Whether it shows progress since an earlier one."""
        return (
            (self.ids, self.queued) != (before.ids, before.queued)
            or self.read_written - before.read_written >= _BYTES
            or self.ticks - before.ticks >= _TICKS
        )


def activity(pid: int, without: int = 0) -> Activity | None:
    """The activity of a process and its descendants; None if it has ended, or without /proc.

    without: a descendant to leave out, with its own.
    """
    ids, read_written, ticks = [pid], 0, 0
    for one in ids:
        try:
            io = Path(f"/proc/{one}/io").read_text(encoding="ascii").split()
            stat = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            tasks = tuple(Path(f"/proc/{one}/task").glob("*/children"))
            words = [word for path in tasks for word in path.read_text("ascii").split()]
            ids += [child for child in map(int, words) if child != without]
        except OSError:
            if one == pid:
                return None
            continue
        read_written += int(io[1]) + int(io[3])
        ticks += int(stat[11]) + int(stat[12])
    return Activity(frozenset(ids), read_written, ticks, _queued(ids))


def _queued(ids: Iterable[int]) -> int:
    """Bytes in the send queues of the TCP connections of processes (proc(5), /proc/net/tcp)."""
    queues: dict[str, int] = {}
    for one in ids:
        with suppress(OSError):
            for table in ("tcp", "tcp6"):
                for line in Path(f"/proc/{one}/net/{table}").read_text("ascii").splitlines()[1:]:
                    fields = line.split()
                    queues[fields[9]] = int(fields[4].partition(":")[0], 16)
    return sum(queues.get(inode, 0) for one in ids for inode in _sockets(one))


def _sockets(pid: int) -> Iterator[str]:
    """The inodes of the sockets of a process."""
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if match := re.fullmatch(r"socket:\[(\d+)\]", str(path.readlink())):
                    yield match[1]
