"""The site of the documentation in a real browser: no network, no complaint, and accessible."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import Browser, chromium
from support import REPOSITORY, plain_environ

pytestmark = pytest.mark.real

PAGES = ("", "how-to/build-wheels/", "explanation/glossary/")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        ...


def build(folder: Path, **variables: str) -> Path:
    """The site in `folder`, built with no warning."""
    pytest.importorskip("material")
    argv = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder]
    subprocess.run(argv, cwd=REPOSITORY, check=True, env={**plain_environ(), **variables})
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def site(built: Path) -> Iterator[str]:
    """The address of the site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built)))
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
        # Keys, as a person presses them: the page hears no text that is set while its index loads.
        page.locator("input[name=query]").press_sequentially("overlay", delay=50)
        page.wait_for_selector(".md-search-result__item a")
        assert page.locator(".md-search-result__item").count() > 2


def test_code_can_be_copied(site: str, browser: Browser) -> None:
    with browser.page(f"{site}how-to/troubleshoot/") as page:
        assert page.locator("button[data-md-type=copy]").count() > 0


def edit_links(site: Path) -> dict[str, list[str]]:
    """page -> the addresses behind its "edit this page"."""
    pages = [page for page in site.rglob("index.html") if "assets" not in page.parts]
    text = {str(page.relative_to(site)): page.read_text(encoding="utf-8") for page in pages}
    tag = re.compile(r'<a href="([^"]*)" title="Edit this page"')
    return {page: tag.findall(html) for page, html in text.items()}


def test_pages_have_edit_links_if_the_host_says_where(built: Path, tmp_path: Path) -> None:
    editor = "https://git.example.org/devenv/edit/main/docs/"
    links = edit_links(build(tmp_path, DEVENV_EDIT_URI=editor))
    for page, found in links.items():
        (address,) = found
        file = address.removeprefix(editor)
        assert (REPOSITORY / "docs" / file).is_file(), address
        assert page in (file.replace(".md", "/index.html"), file.replace(".md", ".html"))
    assert len(links) > 50
    assert not any(edit_links(built).values())
