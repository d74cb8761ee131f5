"""Mods that cannot be in one model, found in their text before anything is compiled.

What clashes, measured with NEURON 8.2 and 9.0:
- two mods that define the same mechanism (SUFFIX, POINT_PROCESS, ARTIFICIAL_CELL): NEURON refuses the
  second when it is registered, and their functions, called ``function_mechanism``, clash at the link;
- two mods with ``SUFFIX nothing`` and a FUNCTION, PROCEDURE or GLOBAL of the same name: those stand
  in HOC, and at the link, under their bare name;
- a function that two mods define in VERBATIM outside of any block, and that is not static.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devenv.core.errors import UsageError
from devenv.core.nmodl import NAME, NOT_NMODL, mechanism, nmodl_only
from devenv.models.mods import Mod

_C_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:.*\\\n)*.*", re.MULTILINE)
_FUNCTION = re.compile(r"\b(?:FUNCTION|PROCEDURE|FUNCTION_TABLE)\s+(\w+)\s*\(")
_GLOBAL = re.compile(r"\bGLOBAL\s+(\w+(?:\s*,\s*\w+)*)")
_C_FUNCTION = re.compile(
    r"([A-Za-z_][\w\s*&:<>,]*?[\s*&])(\w+)\s*\(([^(){};]*)\)\s*(?:noexcept\s*)?\{"
)
_INTERNAL = re.compile(r"\b(?:static|inline|template|namespace|class)\b")


@dataclass(frozen=True)
class Clash:
    """`name` is defined by more than one of the mods. kind: what it is."""

    kind: str
    name: str
    mods: tuple[Mod, ...]


def clashes(mods: Sequence[Mod], given: Sequence[Mod] = ()) -> tuple[Clash, ...]:
    """All clashes between `mods`; only the mechanism's where two mods define the same mechanism.

    given: those of NEURON itself, which are in its library: their mechanisms alone can clash.
    """
    owners: dict[tuple[str, str], list[Mod]] = {}
    for mod in given:
        owners[("mechanism", mechanism(mod.text))] = [mod]
    for mod in mods:
        for defined in dict.fromkeys(definitions(mod.text)):
            owners.setdefault(defined, []).append(mod)
    found = [Clash(*name, tuple(by)) for name, by in owners.items() if len(by) > 1]
    same = [set(clash.mods) for clash in found if clash.kind == "mechanism"]
    return tuple(c for c in found if c.kind == "mechanism" or set(c.mods) not in same)


def check_clashes(mods: Sequence[Mod], given: Sequence[Mod] = ()) -> None:
    """UsageError that names every clash with its files, if there is any."""
    found = clashes(mods, given)
    if found:
        lines = [f"the {c.kind} {c.name} is defined in {_named(c.mods)}" for c in found]
        several = f"{len(found)} clashes between the mods:\n" if len(found) > 1 else ""
        fixes = dict.fromkeys(_way_out(clash, given) for clash in found)
        raise UsageError(several + "\n".join(lines), fix="\n  ".join(fixes))


def _way_out(clash: Clash, given: Sequence[Mod]) -> str:
    """What can be done about it, which depends on whose files they are."""
    own = [mod for mod in clash.mods if mod.own]
    others = [mod for mod in clash.mods if not mod.own]
    if any(mod in given for mod in others):
        return f"Call it something else than {clash.name}: NEURON has that one itself."
    if not own:
        return "Exclude one of the files in the template's model, or give its set a prefix there."
    back = f"devenv build --no-mods {own[-1].own}"
    if others:
        name = f"{others[0].name}.mod"
        return (
            f"Rename yours to {name}: then it takes the other one's place. Or stop using it: {back}"
        )
    return f"Remove or rename one of your files; or stop using one: {back}"


def _named(mods: Sequence[Mod]) -> str:
    return " and in ".join(f"{mod.path} ({mod.origin})" if mod.origin else mod.path for mod in mods)


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """(kind, name) of all that a MOD file defines for everybody."""
    nmodl = nmodl_only(text)
    name = mechanism(text)
    if name:
        yield "mechanism", name
    elif NAME.search(nmodl):
        yield from (("function", function) for function in _FUNCTION.findall(nmodl))
        for names in _GLOBAL.findall(nmodl):
            yield from (("variable", variable.strip()) for variable in names.split(","))
    for function, arguments in _c_functions(text, nmodl):
        yield "C function", f"{function}({arguments})"


def _c_functions(text: str, nmodl: str) -> Iterator[tuple[str, str]]:
    """Functions in VERBATIM outside of any NMODL block that other objects can see."""
    for block in NOT_NMODL.finditer(text):
        before = nmodl[: block.start()]
        if not block[0].startswith("VERBATIM") or before.count("{") != before.count("}"):
            continue
        code = _DIRECTIVE.sub("", _C_COMMENT.sub(" ", block[0].removeprefix("VERBATIM")))
        for match in _C_FUNCTION.finditer(code):
            head = code[: match.start()]
            outside = head.count("{") == head.count("}")
            if outside and not _INTERNAL.search(match[1]):
                yield match[2], " ".join(match[3].split())
