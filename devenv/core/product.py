"""Products: things that are made once and kept. The value says what a product is made from, and
how.

`devenv.store.realise` makes a product unless a store has it. Its inputs are recorded beside it: the
difference between the inputs of two products explains why a new one is made.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from devenv.core.content import digest
from devenv.core.plan import Rename, Seal, Step, Write
from devenv.core.quantity import quantity

INPUTS = "inputs.json"
"""In the folder of a product: what it was made from."""


@dataclass(frozen=True)
class Input:
    """One input of a product. values: compared, and part of the key.

    words: a description for people, for values that mean nothing to them, such as hashes.
    """

    name: str
    values: tuple[str, ...]
    words: str = ""


Inputs = tuple[Input, ...]


@dataclass(frozen=True)
class Product:
    """Something that is made once and kept.

    kind: the directory of its store below $DEVENV_HOME. name: its own directory there, which
    contains the hash of the inputs. title: for people. steps: staging directory -> the steps that
    fill it. marks: entries that every use checks; None: it is not sealed. record: the file for the
    inputs.

    finish: staging directory -> further steps, which depend on the result of `steps`. Each part is
    executed before the next one is computed. unknown: their description for a dry run.
    """

    kind: str
    name: str
    title: str
    inputs: Inputs
    steps: Callable[[str], Sequence[Step]]
    marks: tuple[str, ...] | None = ()
    record: str = INPUTS
    finish: Callable[[str], Iterable[Sequence[Step]]] | None = None
    unknown: tuple[str, ...] = ()


def names_input(name: str, names: Collection[str]) -> Input:
    """The names of files, as one input: where each file is an input, its name is not part of the key."""
    return Input(name, (digest(*names),), quantity(names, "name"))


def key_of(inputs: Inputs) -> str:
    """A hash of the values, 32 hexadecimal digits; the names of the inputs are not part of it.

    The number of values of each input is part of it, so that no value can move to the next input.
    """
    return digest(*(part for one in inputs for part in (str(len(one.values)), *one.values)))


def staging_of(place: str, token: str) -> str:
    """The hidden directory beside `place` in which it is made. token: unique for each attempt."""
    folder, name = posixpath.split(place)
    return posixpath.join(folder, f".{name}.staging-{token}")


def publish(
    staging: str,
    place: str,
    inputs: Inputs,
    marks: tuple[str, ...] | None = (),
    record: str = INPUTS,
) -> tuple[Step, ...]:
    """Steps that record the inputs of what is in `staging`, seal it, and rename it to `place`."""
    seal = () if marks is None else (Seal(staging, marks),)
    text = Write(posixpath.join(staging, record), inputs_text(inputs))
    return (text, *seal, Rename(staging, place))


def inputs_text(inputs: Inputs) -> str:
    """The text of inputs.json."""
    return json.dumps([asdict(one) for one in inputs], indent=1) + "\n"


def parse_inputs(text: str) -> Inputs:
    """The inputs in the text of inputs.json. ValueError if it contains none."""
    try:
        return tuple(
            Input(one["name"], tuple(one["values"]), one["words"]) for one in json.loads(text)
        )
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from None


def input_lines(inputs: Inputs) -> Iterator[str]:
    """A line for each input: its name, and its words or value."""
    for one in inputs:
        yield f"{one.name}: {_shown(one) if len(one.values) < 2 else _counted(one)}"


def _counted(one: Input) -> str:
    return one.words or f"{quantity(one.values, 'value')}"


def changes(old: Inputs, new: Inputs) -> tuple[str, ...]:
    """The differences between the inputs of two products, one line each."""
    return tuple(_changes(old, new))


def _changes(old: Inputs, new: Inputs) -> Iterator[str]:
    before, after = ({one.name: one for one in inputs} for inputs in (old, new))
    for name, one in after.items():
        if name not in before:
            yield f"{name}: new, {_shown(one)}"
        elif before[name].values != one.values:
            yield f"{name}: {_change(before[name], one)}"
    yield from (
        f"{name}: gone, was {_shown(one)}" for name, one in before.items() if name not in after
    )


def _shown(one: Input) -> str:
    return one.words or " ".join(one.values)


def _change(old: Input, new: Input) -> str:
    if new.words:
        return f"changed, {new.words}"
    if len(old.values) == len(new.values) == 1:
        return f"{old.values[0]} -> {new.values[0]}"
    removed = (f"-({value})" for value in old.values if value not in new.values)
    added = (f"+({value})" for value in new.values if value not in old.values)
    return " ".join((*removed, *added)) or "in another order"
