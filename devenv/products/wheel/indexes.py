"""Package indexes: their upload addresses, and their simple API (PEP 503, PEP 691). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from configparser import ConfigParser, Error
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit

from devenv.core.errors import UsageError
from devenv.core.names import did_you_mean
from devenv.products.wheel.config import Index

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


@dataclass(frozen=True)
class Target:
    """An index to upload to. simple: possible addresses of its simple API, in order.

    user, password: from the address or from .pypirc; empty for none.
    """

    name: str
    publish: str
    simple: tuple[str, ...]
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Online:
    """A file of an index. sha256: empty if the index has another kind of hash, or none."""

    name: str
    url: str
    sha256: str = ""


def target_of(name: str, known: Iterable[Index], pypirc: str) -> Target:
    """The index with a name, in [tool.devenv.wheel] or else .pypirc, or with a URL.

    UsageError, with the known names, for an unknown one.
    """
    own = {one.name: one for one in known}
    servers = _servers(pypirc)
    if name in own:
        index = own[name]
        _require_urls(name, index.url, index.publish)
        user, password = servers[name][1:] if name in servers else ("", "")
        return _without_user(Target(name, index.publish, (index.url,), user, password))
    if name in servers:
        url, user, password = servers[name]
        _require_urls(name, url)
        return _without_user(Target(name, url, _candidates(url), user, password))
    if _is_url(name):
        return _without_user(Target("", name, _candidates(name)))
    names = (*own, *servers)
    raise UsageError(
        f"--index {name}: neither a URL nor a known index",
        fix=f"{did_you_mean(name, names)} Add [[tool.devenv.wheel.index]] with name, url, publish.",
    )


def _require_urls(name: str, *urls: str) -> None:
    for url in urls:
        if not _is_url(url):
            # Not shown: it may contain a password.
            raise UsageError(f"--index {name}: its URL is not valid", fix="Correct it: http(s)://…")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, or half of an IPv6 address
        return False


def _servers(text: str) -> dict[str, tuple[str, str, str]]:
    """Name -> (url, user, password) of the sections of a .pypirc that have a repository."""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except Error as error:
        # The original message would show the line, which may contain a password.
        line = getattr(error, "lineno", 0) or "?"
        raise UsageError(f".pypirc is not valid in line {line}", fix="Correct it.") from None
    return {
        name: (
            parser.get(name, "repository"),
            parser.get(name, "username", fallback=""),
            parser.get(name, "password", fallback=""),
        )
        for name in parser.sections()
        if parser.has_option(name, "repository")
    }


def _candidates(publish: str) -> tuple[str, ...]:
    """The usual addresses of the simple API for an upload address."""
    base = publish.rstrip("/") + "/"
    sibling = urljoin(base, "../simple/")
    return (f"{base}simple/", f"{base}+simple/", sibling)


def _without_user(target: Target) -> Target:
    """The target without user and password in its URLs, which must not be shown or passed in an argv."""
    parts = urlsplit(target.publish)
    simple = tuple(_bare(url) for url in target.simple)
    return Target(
        target.name,
        _bare(target.publish),
        simple,
        unquote(parts.username or "") or target.user,
        unquote(parts.password or "") or target.password,
    )


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def read_page(text: str, kind: str, url: str) -> tuple[Online, ...]:
    """The files on a project's page. kind: its content type; url: of the page, for relative links."""
    if "json" in kind:
        return tuple(
            Online(one["filename"], urljoin(url, one["url"]), one["hashes"].get("sha256", ""))
            for one in json.loads(text)["files"]
        )
    parser = _Links()
    parser.feed(text)
    return tuple(_online(urljoin(url, link)) for link in parser.links)


def _online(link: str) -> Online:
    url, fragment = urldefrag(link)
    match = re.search(r"sha256=([0-9a-fA-F]{64})", fragment)
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return Online(name, url, match[1].lower() if match else "")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs).get("href")
        if tag == "a" and link:
            self.links.append(link)
