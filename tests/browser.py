"""Pages in headless Chromium: what they load, what they complain about, and what axe says of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from user_cache import cached

AXE = "4.14.1"
VIEWS = ((360, "light"), (800, "dark"), (1400, "light"), (1400, "dark"))
"""A phone, a tablet and a desk."""


def axe() -> str:
    """The text of axe-core, from npm's registry once; skips where that cannot be reached."""
    with cached(f"axe-core-{AXE}") as folder:
        if not folder.is_dir():
            _download(folder)
    return (folder / "package" / "axe.min.js").read_text(encoding="utf-8")


def _download(folder: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed, which axe-core comes from")
    argv = ["npm", "pack", "--silent", f"axe-core@{AXE}"]
    if subprocess.run(argv, cwd=folder.parent, check=False).returncode:
        pytest.skip("axe-core cannot be downloaded")
    archive = folder.parent / f"axe-core-{AXE}.tgz"
    staging = folder.with_suffix(".part")
    with tarfile.open(archive) as file:
        file.extractall(staging, filter="data")
    staging.rename(folder)
    archive.unlink()


class Browser:
    """Headless Chromium. seen: what pages asked a network for, or printed on the console."""

    def __init__(self, chromium: Any) -> None:
        self._chromium, self._axe = chromium, axe()

    @contextmanager
    def page(self, address: str, width: int = 1400, scheme: str = "light") -> Iterator[Any]:
        """A page that is open. Fails if it asks a network, or the console, for anything."""
        page = self._chromium.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        seen: list[str] = []
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        own = (address[: address.index("/", 8)], "data:", "blob:")
        page.on("request", lambda asked: asked.url.startswith(own) or seen.append(asked.url))
        try:
            page.set_default_timeout(180_000)
            page.goto(address)
            yield page
            assert not seen, seen
        finally:
            page.close()

    def violations(self, page: Any) -> list[str]:
        """What axe finds: the rule, and the first element that breaks it."""
        page.evaluate(self._axe)
        found = page.evaluate("axe.run()")["violations"]
        return [f"{one['id']}: {json.dumps(one['nodes'][0]['html'])}" for one in found]

    def check(self, address: str) -> None:
        """The page fits three widths, light and dark, and is accessible."""
        for width, scheme in VIEWS:
            with self.page(address, width, scheme) as page:
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                found = self.violations(page)
                assert not found, (width, scheme, found)


@contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        # A container has no user namespaces for its sandbox.
        opened = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=180_000
        )
        try:
            yield Browser(opened)
        finally:
            opened.close()
