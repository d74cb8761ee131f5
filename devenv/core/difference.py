"""The differences between two generations, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devenv.core.components import Component, component_line, spelt
from devenv.core.spec import Value

_OF_A_MODEL = ("mod", "compiler")
"""The kinds of component that a new model brings with it."""


@dataclass(frozen=True)
class Difference:
    """One line. change: new, gone or changed. text: the line."""

    kind: str
    name: str
    change: str
    text: str


def differences(before: Sequence[Component], after: Sequence[Component]) -> tuple[Difference, ...]:
    """What a reader must know to see how `after` differs, in the order of `after`.

    A component that was rebuilt only for a component that it needs has no line; that one has.
    """
    then, now = ({one.id: one for one in components} for components in (before, after))
    found: list[Difference] = []
    for one in now.values():
        if one.id not in then:
            found += _new(one, then, now)
            continue
        words = _words(then[one.id], one)
        # A dev source is compiled again whatever else is said of it: an edit need not be committed.
        if then[one.id].hash != one.hash and (not words or one.kind == "source"):
            words += _rebuilt(then, now, one)
        if words:
            text = f"{one.title} {', '.join(words)}"
            found.append(Difference(one.kind, one.name, "changed", text))
    for one in then.values():
        if one.id not in now:
            found += _gone(one, then, now)
    return tuple(found)


def _new(
    one: Component, then: dict[str, Component], now: dict[str, Component]
) -> Iterator[Difference]:
    if _implied(one, then, now):
        return
    instead = then.get(f"package:{one.name}") if one.kind == "source" else None
    place = f", in place of {instead.version}" if instead else ""
    yield Difference(one.kind, one.name, "new", f"{_named(one)} is new{place}")


def _gone(
    one: Component, then: dict[str, Component], now: dict[str, Component]
) -> Iterator[Difference]:
    if _implied(one, now, then):
        return
    released = now.get(f"package:{one.name}") if one.kind == "source" else None
    instead = f": {released.version} is used" if released else ""
    yield Difference(one.kind, one.name, "gone", f"{_named(one)} is gone{instead}")


def _implied(one: Component, other: dict[str, Component], own: dict[str, Component]) -> bool:
    """Whether another line implies a component that is in `own` but not in `other`.

    A package and a dev source of its name replace each other; a model brings its mods.
    """
    if one.kind in _OF_A_MODEL:
        return not any(each.kind == one.kind for each in other.values())
    source = f"source:{one.name}"
    return one.kind == "package" and source in other and source not in own


def _named(one: Component) -> str:
    return one.title if one.kind == "mod" else component_line(one)


def _words(then: Component, now: Component) -> list[str]:
    words = []
    if then.version != now.version:
        words.append(f"{then.version or 'nothing'} → {now.version or 'nothing'}")
    if bool(then.hash) == bool(now.hash):
        words += _variants(dict(then.variants), dict(now.variants))
    if then.place != now.place:
        words.append(_place(then, now))
    if then.changed != now.changed:
        what = "with uncommitted changes" if now.changed else "without uncommitted changes"
        words.append(f"now {what}")
    return words


def _place(then: Component, now: Component) -> str:
    if then.place and now.place:
        return f"moved from {then.place} to {now.place}"
    if now.place:
        return f"now {now.place} {now.note}".rstrip()
    return f"no longer {then.place}"


def _variants(then: dict[str, Value], now: dict[str, Value]) -> Iterator[str]:
    for name in sorted({*then, *now}):
        old, new = then.get(name, False), now.get(name, False)
        if old == new:
            continue
        if isinstance(new, bool) and isinstance(old, bool):
            yield f"{'+' if new else '~'}{name}"
        else:
            yield f"without {name}={old}" if new is False else f"{name}={new}"


def _rebuilt(then: dict[str, Component], now: dict[str, Component], one: Component) -> list[str]:
    """Words for a component that differs only in its hash."""
    old = then[one.id]
    if not old.hash or not one.hash:
        built = " ".join(filter(None, ["built", spelt(one.variants), one.note]))
        return [built if one.hash else "no longer built"]
    needs = {*old.needs, *one.needs} if old.needs and one.needs else set()
    if any(_hash(then, need) != _hash(now, need) for need in needs):
        return []
    words = {"mod": "changed", "source": "was compiled again"}
    return [words.get(one.kind, "is another build")]


def _hash(components: dict[str, Component], need: str) -> str:
    found = components.get(need)
    return f"{found.version}{found.hash}" if found else ""


def summary(found: Sequence[Difference], count: int = 3) -> str:
    """The first few in one line, and the number of the others."""
    if not found:
        return "nothing in the lock"
    texts = [one.text for one in found[:count]]
    more = len(found) - count
    return "; ".join([*texts, *([f"and {more} more"] if more > 0 else [])])
