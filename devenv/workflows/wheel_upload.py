"""devenv wheel upload."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.result import Finding, Result, Table
from devenv.products.wheel.check import judge
from devenv.products.wheel.config import Config
from devenv.products.wheel.credentials import credentials, pypirc
from devenv.products.wheel.facts import Facts
from devenv.products.wheel.indexes import Online, Target, target_of
from devenv.products.wheel.observe import facts_of
from devenv.products.wheel.online import IndexSession, digest_online, online, send
from devenv.products.wheel.platforms import platform_of
from devenv.products.wheel.policy import config_of
from devenv.products.wheel.rules import Subject
from devenv.system import files

_SHOWN_WITHIN = 20.0
"""Seconds that an index may take to show what it accepted."""


@dataclass(frozen=True)
class WheelUploadRequest:
    """What was typed. policy: the TOML file with the allowances and indexes; None: ./pyproject.toml."""

    wheels: tuple[Path, ...]
    index: str
    policy: Path | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Item:
    """A wheel to upload. online: what the index has under its name; None: nothing."""

    path: Path
    facts: Facts
    sha256: str
    online: str | None = None


def upload(context: Context, request: WheelUploadRequest) -> Result:
    """Check, look, send what is not online, look again: what is online has the hash of what was sent.

    Nothing is sent where one of the wheels has an error, or is online with other content.
    """
    config = _config(context, request.policy)
    target = target_of(request.index, config.index, pypirc(context.environ))
    session = IndexSession(target, credentials(target, context.environ), context.environ)
    items = [_item(context.cwd / wheel) for wheel in request.wheels]
    findings = _findings(items, config)
    if any(one.severity == "error" for one in findings):
        return Result(("nothing was sent",), findings=findings, code=1)
    items = [replace(item, online=_online(session, item)) for item in items]
    _refuse_other_content(target, items)
    missing = [item for item in items if item.online is None]
    if not request.dry_run:
        for item in missing:
            context.say(f"sending {item.path.name}")
            send(session, item.path)
        for item in missing:
            _verify(session, item)
    return _result(request, session, items, findings)


def _config(context: Context, policy: Path | None) -> Config:
    path = context.cwd / (policy or "pyproject.toml")
    return config_of(path) if policy or path.is_file() else Config()


def _item(path: Path) -> Item:
    facts = facts_of(path)
    return Item(path, facts, files.digest(path))


def _findings(items: Sequence[Item], config: Config) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for item in items:
        subject = Subject(item.facts, platform_of(item.facts.platforms), config.policy)
        found += [replace(one, what=f"{item.path.name}: {one.what}") for one in judge(subject)]
    names = [item.path.name for item in items]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"{twice[0]} is named twice", fix="Name each wheel once.")
    return tuple(found)


def _online(session: IndexSession, item: Item) -> str | None:
    """The hash of the file of that name online; None where there is none."""
    listed: tuple[Online, ...] = online(session, item.facts.name) or ()
    return next((digest_online(one, session) for one in listed if one.name == item.path.name), None)


def _refuse_other_content(target: Target, items: Sequence[Item]) -> None:
    other = [item for item in items if item.online not in (None, item.sha256)]
    if other:
        lines = [
            f"\n  {item.path.name}\n    here:   sha256 {item.sha256}\n    online: sha256 {item.online}"
            for item in other
        ]
        raise StateError(
            f"{target.publish} has other content under the same name; nothing was sent{''.join(lines)}",
            fix="A published file is never replaced: raise the version.",
        )


def _verify(session: IndexSession, item: Item) -> None:
    """StateError unless the index shows the file, with the content that was sent."""
    deadline, target = time.monotonic() + _SHOWN_WITHIN, session.target
    found = _online(session, item)
    while found is None and time.monotonic() < deadline:
        time.sleep(1)
        found = _online(session, item)
    if found is None:
        tried = ", ".join(target.simple)
        raise StateError(
            f"{target.publish} accepted {item.path.name}, but none of {tried} shows it",
            fix="Name its simple API: [[tool.devenv.wheel.index]] with name, url and publish.",
        )
    if found != item.sha256:
        raise StateError(
            f"{item.path.name} is damaged online: sent sha256 {item.sha256}, online {found}",
            fix="Remove it from the index, raise the version and upload again.",
        )


def _result(
    request: WheelUploadRequest,
    session: IndexSession,
    items: Sequence[Item],
    findings: tuple[Finding, ...],
) -> Result:
    sent = "would be sent" if request.dry_run else "sent and verified"
    states = ["already there" if item.online else sent for item in items]
    rows = tuple(
        (state, item.path.name, item.sha256[:16]) for state, item in zip(states, items, strict=True)
    )
    target, who = session.target, session.who
    lines = (f"{target.publish} as {who.user or 'nobody'} (credentials: {who.origin})",)
    data = {
        "index": target.publish,
        "wheels": [
            {"file": item.path.name, "sha256": item.sha256, "state": state}
            for state, item in zip(states, items, strict=True)
        ],
    }
    return Result(lines, Table(("state", "wheel", "sha256"), rows), findings, data)
