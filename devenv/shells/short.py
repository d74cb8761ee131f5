"""The short cut (devenv.shells.quick) in the words of the Bourne family.

A shell reads a script no faster than 20 MB a second: what it reads before it knows that the short cut
applies is kept short. Where a word stands for itself in the record too, it is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from devenv.core.environment import Generation
from devenv.shells.quick import Quick, QuickList, recorded
from devenv.shells.record import RECORD

Quote = Callable[[str], str]


def tests(generation: Generation, found: Quick, quote: Quote) -> Iterator[str]:
    """Lines that leave the function where the short cut does not apply; nothing is changed yet."""
    there = "".join(f"${{{name}+x}}" for name in (*found.scalars, RECORD, "__devenv_mode"))
    yield f'[ -z "{there}" ] || return 1'
    if generation.python:
        yield f"[ -x {quote(generation.python)} ] || return 1"
    for overlay in generation.overlays:
        yield f"[ -d {quote(overlay.root)} ] || return 1"
    for each in found.lists:
        avoided = (f"*:{quote(e)}{'*' if e.endswith('/') else ':*'}" for e in each.avoid)
        # What is unset is taken for one entry that is nobody's.
        yield f'case ":${{{each.name}-/}}:" in {"|".join(["*::*", "*:.:*", *avoided])}) return 1 ;; esac'


def edits(name: str, found: Quick, quote: Quote) -> Iterator[str]:
    """Lines that change the variables, and record it as devenv.shells.record has it."""
    plain = [each for each in found.lists if each.plain and each.alone == each.front[:-1]]
    same = {key for key, value in found.values if recorded(value) == quote(value) == value}
    values = [f"{key}={quote(value)}" for key, value in found.values]
    if values:
        yield " ".join(["export", *values])
    if plain:
        own = (f'{quote(each.front[:-1])} "${{{each.name}++}}"' for each in plain)
        yield " ".join(["set --", *own])
    lists = [
        f'{each.name}="${{{at}}}${{{each.name}+:${each.name}}}"'
        for at, each in zip(count(1, 2), plain, strict=False)
    ]
    record = "".join(f",{key},-,+${key},-" for key, _ in found.values if key in same)
    for at, each in zip(count(1, 2), plain, strict=False):
        record += f",{each.name},${{{at + 1}:--}},${{{at + 1}:--}},+:${{{at}}}"
    beginning = found.record(key for key, _ in found.values if key not in same)
    yield " ".join(["export", *lists, f'{RECORD}={quote(beginning)}"{record}"'])
    for each in found.lists:
        if each not in plain:
            yield _listed(each, quote)
    yield f'[ -z "${{PS1+x}}" ] || [ -n "${{DEVENV_NO_PROMPT-}}" ] || PS1="({name}) $PS1"'


def _listed(each: QuickList, quote: Quote) -> str:
    """A list of which not all is told by its entries in front."""
    name = each.name
    there = f'export {name}={quote(each.front)}"${name}"{quote(each.back) if each.back else ""}'
    noted = f'; {RECORD}="${RECORD}"'
    alone = ":"
    if each.alone is not None:
        alone = f"export {name}={quote(each.alone)}{noted}{quote(each.added_alone)}"
    there += f"{noted}{quote(each.added)}"
    return f'if [ -n "${{{name}+x}}" ]; then {there}; else {alone}; fi'
