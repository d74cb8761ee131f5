"""Solves an environment from ordered channels, and explains each choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.errors import UnreachableError, UsageError
from devenv.products.conda import engine

PRIORITIES = {
    "strict": "a package comes from the first channel that has one of its name",
    "disabled": "a package comes from the channel with its highest version",
}


@dataclass(frozen=True)
class Solution:
    """A solution. records: the packages to install. offers: all packages of these names in all channels.

    channels: addresses, in descending priority.
    """

    records: tuple[Mapping[str, Any], ...]
    offers: tuple[Mapping[str, Any], ...]
    channels: tuple[str, ...]
    priority: str


def solve(
    specs: Sequence[str],
    channels: Sequence[str],
    priority: str,
    platform: str,
    scratch: Path,
    environ: Mapping[str, str],
) -> Solution:
    """Solve an environment. UsageError with the solver's message if nothing satisfies the specs."""
    if priority not in PRIORITIES:
        raise UsageError(
            f"invalid channel priority: {priority!r}", fix=f"Choose {' or '.join(PRIORITIES)}."
        )
    request: dict[str, Any] = {"specs": specs, "channels": channels, "priority": priority}
    request["platform"] = platform
    answer = ask_channels("solve", request, scratch, environ)
    names = [one["name"] for one in answer["records"]]
    offers = ask_channels("query", {**request, "specs": names}, scratch, environ)["records"]
    return Solution(tuple(answer["records"]), tuple(offers), tuple(channels), priority)


def ask_channels(
    verb: str, request: Mapping[str, Any], scratch: Path, environ: Mapping[str, str]
) -> dict[str, Any]:
    """The answer with records; for `solve`, also the text of a lock. request: as for the verb in
    `child_channel`.

    UsageError if nothing satisfies the specs, UnreachableError if a channel cannot be read.
    """
    answer = engine.ask(verb, request, scratch, environ)
    specs, channels = ", ".join(request["specs"]), ", ".join(request["channels"])
    if "unreachable" in answer:
        raise UnreachableError(
            f"a channel cannot be read ({channels}): {answer['unreachable']}",
            fix="Check its address and the network.",
        )
    if "error" in answer:
        raise UsageError(
            f"no environment with {specs} from {channels}: {answer['error']}",
            fix="Loosen the versions, or add a channel.",
        )
    return answer


def explanation(solution: Solution) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Lines on the order of channels, and a row for each package with the reason for its choice."""
    order = [f"{number}. {one}" for number, one in enumerate(solution.channels, 1)]
    lines = (*order, f"priority {solution.priority}: {PRIORITIES[solution.priority]}")
    rows = tuple(
        (r["name"], r["version"], r["build"], _short(r["channel"]), _reason(r, solution))
        for r in sorted(solution.records, key=lambda r: r["name"])
    )
    return lines, rows


def _reason(record: Mapping[str, Any], solution: Solution) -> str:
    """The alternatives to a package, and why they were not chosen."""
    others = [
        o for o in solution.offers if o["name"] == record["name"] and o["url"] != record["url"]
    ]
    chosen = _rank(record, solution)
    words = []
    elsewhere = sorted({o["channel"] for o in others if _rank(o, solution) != chosen})
    for channel in elsewhere:
        versions = sorted({o["version"] for o in others if o["channel"] == channel})
        after = _rank({"channel": channel}, solution) > chosen
        why = (
            "excluded by priority" if solution.priority == "strict" else "not the highest that fits"
        )
        words.append(
            f"{', '.join(versions)} of {_short(channel)} {why if after else 'does not fit'}"
        )
    newer = [o for o in others if _rank(o, solution) == chosen and _newer(o, record)]
    if newer:
        words.append(
            f"{', '.join(sorted({o['version'] for o in newer}))} here does not fit the rest"
        )
    return "; ".join(words) or "the only one" if not others or words else "the newest here"


def _rank(record: Mapping[str, Any], solution: Solution) -> int:
    address = str(record["channel"]).rstrip("/")
    ranked = [one.rstrip("/") for one in solution.channels]
    return ranked.index(address) if address in ranked else len(ranked)


def _newer(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one["version"]) > Version(other["version"])
    except InvalidVersion:
        return False


def _short(channel: str) -> str:
    return channel.rstrip("/").rsplit("/", 1)[-1]
