"""The result of a cell of the matrix, and the record that is kept with the wheel."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from devenv.core.result import Finding
from devenv.products.wheel.cells import WheelCell

State = Literal["built", "cached", "covered", "failed"]
RECORD = "record.json"


@dataclass(frozen=True)
class WheelRecord:
    """The record of a built wheel, in its folder."""

    file: str
    sha256: str
    tags: tuple[str, ...]
    bytes: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Built:
    """A cell and its result. path: the wheel in the store; None if the build failed.

    seconds: of its build; 0 if it was not built in this run.
    """

    cell: WheelCell
    state: State
    path: Path | None = None
    record: WheelRecord | None = None
    log: str = ""
    error: str = ""
    seconds: float = 0.0

    @property
    def any_python(self) -> bool:
        """Whether later interpreters can use the same wheel: it uses the stable ABI, or none."""
        tags = self.record.tags if self.record else ()
        return any(tag.split("-")[1] in ("abi3", "none") for tag in tags)


def text_of(record: WheelRecord) -> str:
    """The record as JSON, for `read_record`."""
    return json.dumps(asdict(record), indent=1) + "\n"


def read_record(folder: Path) -> WheelRecord:
    """The record of a built wheel in its folder in the store."""
    data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    findings = tuple(Finding(**one) for one in data.pop("findings"))
    return WheelRecord(**{**data, "tags": tuple(data["tags"])}, findings=findings)


def covered(cell: WheelCell, before: Built) -> Built:
    """The result for a cell whose interpreter can use the wheel `before`, built for an older one."""
    return replace(before, cell=cell, state="covered", seconds=0.0)
