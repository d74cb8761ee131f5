"""What makes one model differ from another, read from their stamps (model.json)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Stamp = Mapping[str, Any]


def differences(before: Stamp, after: Stamp) -> tuple[str, ...]:
    """Why `after` is another model than `before`, a line each; none where they are the same."""
    return (*_tools(before, after), *_mods(before, after))


def _tools(before: Stamp, after: Stamp) -> Iterator[str]:
    old, new = before["neuron"], after["neuron"]
    if old["version"] != new["version"]:
        yield f"NEURON: {old['version']} -> {new['version']}"
    elif (old["identity"], old["home"]) != (new["identity"], new["home"]):
        yield f"NEURON {new['version']}: another build of it ({old['home']} -> {new['home']})"
    names = ("compiler", "python")
    yield from (f"{n}: {before[n]} -> {after[n]}" for n in names if before[n] != after[n])
    titles = {"flags": "flags", "link": "flags of the link", "nmodl": "NMODL's words"}
    for name, title in titles.items():
        was, now = before.get(name), after.get(name)
        if not was or not now:  # of a model without CoreNEURON, or of an older devenv
            continue
        gone = [word for word in was if word not in now]
        come = [word for word in now if word not in was]
        if gone or come:
            yield f"{title}: {' '.join([*(f'-({w})' for w in gone), *(f'+({w})' for w in come)])}"
    if before.get("mpi", "") != after.get("mpi", ""):
        yield f"MPI: {before.get('mpi') or 'any'} -> {after.get('mpi') or 'any'}"
    if bool(before.get("coreneuron")) != bool(after.get("coreneuron")):
        yield "CoreNEURON: " + ("now with it" if after.get("coreneuron") else "no longer")


def _mods(before: Stamp, after: Stamp) -> Iterator[str]:
    old, new = ({one["name"]: one for one in stamp["mechanisms"]} for stamp in (before, after))
    yield from (f"{name}.mod: new, {_place(new[name])}" for name in new if name not in old)
    yield from (f"{name}.mod: gone, was {_place(old[name])}" for name in old if name not in new)
    for name in new:
        if name not in old:
            continue
        if old[name]["digest"] != new[name]["digest"]:
            yield f"{name}.mod: changed, {_place(new[name])}"
        elif old[name]["flags"] != new[name]["flags"]:
            yield f"{name}.mod: its own flags changed"


def _place(mechanism: Mapping[str, Any]) -> str:
    return str(mechanism.get("path") or mechanism["origin"])
