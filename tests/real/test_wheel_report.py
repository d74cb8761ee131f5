"""The report of a matrix in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser import chromium
from support import Devenv
from wheel_samples import layered

from devenv.system.pythons import pythons

pytestmark = pytest.mark.real


def test_a_matrix_with_a_cell_that_failed(devenv: Devenv, tmp_path: Path) -> None:
    """What was built, how large and in which time, what was found, and why the other one failed."""
    tags = sorted(p.tag for p in pythons(os.environ) if p.headers and int(p.tag[3:]) >= 10)[:2]
    if len(tags) < 2:
        pytest.skip("a matrix needs two Pythons with headers on this machine")
    source = layered(tmp_path / "layered")
    (source / "LICENSE").write_text("Public domain.\n")  # bz2's licence is missing: a finding
    with (source / "src" / "core.cc").open("a") as file:
        file.write(f"#if PY_MINOR_VERSION == {tags[1][3:]}\n#error too new for us\n#endif\n")
    report = tmp_path / "report.html"
    devenv("wheel", "build", source, "--python", ",".join(tags), "--report", report, code=4)
    (wheel,) = (tmp_path / "wheelhouse").glob("*.whl")
    with chromium() as browser:
        with browser.page(report.as_uri()) as page:
            rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
            cells = {row[0].split(" ")[0]: row for row in rows if row[0].startswith("cp3")}
            built, failed = (cells[tag] for tag in tags)
            assert built[1] == "built"
            assert built[3].endswith(" MB")
            assert built[4] == wheel.name
            assert failed[1] == "failed"
            text = page.locator("main").inner_text()
            assert "wheel-licence" in text
            assert "#error too new for us" in text
        browser.check(report.as_uri())
