"""The short cut (devenv.shells.quick) for the Bourne family.

A shell reads a script at 20 MB/s at most, so the short cut is kept short: a word that needs no encoding
in the record is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from devenv.core.environment import Generation
from devenv.shells.quick import Quick, QuickList, encode_value
from devenv.shells.record import RECORD

Quote = Callable[[str], str]


def tests(generation: Generation, short_cut: Quick, quote: Quote) -> Iterator[str]:
    """Lines that leave the function if the short cut does not apply, before anything changes."""
    unset = "".join(f"${{{name}+x}}" for name in (*short_cut.scalars, RECORD, "__devenv_mode"))
    yield f'[ -z "{unset}" ] || return 1'
    if generation.python:
        yield f"[ -x {quote(generation.python)} ] || return 1"
    for overlay in generation.overlays:
        yield f"[ -d {quote(overlay.root)} ] || return 1"
    for each in short_cut.lists:
        avoided = (f"*:{quote(e)}{'*' if e.endswith('/') else ':*'}" for e in each.avoid)
        # An unset list is treated as one entry, /, which is never ours.
        yield f'case ":${{{each.name}-/}}:" in {"|".join(["*::*", "*:.:*", *avoided])}) return 1 ;; esac'


def edits(name: str, short_cut: Quick, quote: Quote) -> Iterator[str]:
    """Lines that change the variables, and record the changes (devenv.shells.record)."""
    plain = [each for each in short_cut.lists if each.plain and each.alone == each.front[:-1]]
    same = {key for key, value in short_cut.values if encode_value(value) == quote(value) == value}
    values = [f"{key}={quote(value)}" for key, value in short_cut.values]
    if values:
        yield " ".join(["export", *values])
    if plain:
        own = (f'{quote(each.front[:-1])} "${{{each.name}++}}"' for each in plain)
        yield " ".join(["set --", *own])
    lists = [
        f'{each.name}="${{{at}}}${{{each.name}+:${each.name}}}"'
        for at, each in zip(count(1, 2), plain, strict=False)
    ]
    record = "".join(f",{key},-,+${key},-" for key, _ in short_cut.values if key in same)
    for at, each in zip(count(1, 2), plain, strict=False):
        record += f",{each.name},${{{at + 1}:--}},${{{at + 1}:--}},+:${{{at}}}"
    beginning = short_cut.record(key for key, _ in short_cut.values if key not in same)
    yield " ".join(["export", *lists, f'{RECORD}={quote(beginning)}"{record}"'])
    for each in short_cut.lists:
        if each not in plain:
            yield _listed(each, quote)
    yield f'[ -z "${{PS1+x}}" ] || [ -n "${{DEVENV_NO_PROMPT-}}" ] || PS1="({name}) $PS1"'


def _listed(each: QuickList, quote: Quote) -> str:
    """A list that also has entries at the end, or entries that need encoding."""
    name = each.name
    if_set = f'export {name}={quote(each.front)}"${name}"{quote(each.back) if each.back else ""}'
    record = f'; {RECORD}="${RECORD}"'
    alone = ":"
    if each.alone is not None:
        alone = f"export {name}={quote(each.alone)}{record}{quote(each.added_alone)}"
    if_set += f"{record}{quote(each.added)}"
    return f'if [ -n "${{{name}+x}}" ]; then {if_set}; else {alone}; fi'
