"""The site of the documentation in a real browser: no network, no complaint, and accessible."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser import Browser, chromium
from support import REPOSITORY

pytestmark = pytest.mark.real

PAGES = ("", "how-to/build-wheels/", "explanation/glossary/")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        ...


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, built with no warning."""
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    argv = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder]
    subprocess.run(argv, cwd=REPOSITORY, check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_well(site: str, browser: Browser, page: str) -> None:
    browser.check(site + page)


def test_search_finds_a_page(site: str, browser: Browser) -> None:
    with browser.page(site) as page:
        page.fill("input[name=query]", "bandwidth of glossary overlay")
        page.fill("input[name=query]", "overlay")
        page.wait_for_selector(".md-search-result__item a")
        assert page.locator(".md-search-result__item").count() > 2


def test_code_can_be_copied(site: str, browser: Browser) -> None:
    with browser.page(f"{site}how-to/troubleshoot/") as page:
        assert page.locator("button[data-md-type=copy]").count() > 0
