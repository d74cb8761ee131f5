"""Products: their keys, the difference between two, and how one is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from devenv.config.context import Context, make_context
from devenv.core.errors import StateError
from devenv.core.layout import Layout
from devenv.core.plan import Copy, Step, Write
from devenv.core.product import Input, Product, changes, inputs_text, key_of, parse_inputs
from devenv.core.stage import AheadError, DryRun
from devenv.store.realise import realise, recorded_inputs
from devenv.system import seals

OLD = (
    Input("NEURON", ("9.0.2",)),
    Input("flags", ("-O2", "-g")),
    Input("a.mod", ("d1",), "/m/a.mod"),
    Input("b.mod", ("d2",), "/m/b.mod"),
)


def test_no_value_can_move_from_one_input_into_the_next() -> None:
    one = (Input("a", ("x", "y")), Input("b", ()))
    two = (Input("a", ("x",)), Input("b", ("y",)))
    assert key_of(one) != key_of(two)
    assert key_of(one) == key_of((Input("other name", ("x", "y"), "words"), Input("b", ())))


def test_changes_name_what_differs_and_nothing_else() -> None:
    assert changes(OLD, OLD) == ()
    new = (
        Input("NEURON", ("9.1.0",)),
        Input("flags", ("-O2", "-DX")),
        Input("a.mod", ("d3",), "/m/a.mod"),
        Input("c.mod", ("d4",), "/m/c.mod"),
    )
    assert changes(OLD, new) == (
        "NEURON: 9.0.2 -> 9.1.0",
        "flags: -(-g) +(-DX)",
        "a.mod: changed, /m/a.mod",
        "c.mod: new, /m/c.mod",
        "b.mod: gone, was /m/b.mod",
    )
    reordered = (OLD[0], Input("flags", ("-g", "-O2")), *OLD[2:])
    assert changes(OLD, reordered) == ("flags: in another order",)


@pytest.mark.parametrize("text", ["", "{}]", '[{"name": "a"}]', "[1]"])
def test_what_is_not_a_record_is_refused(text: str) -> None:
    assert parse_inputs(inputs_text(OLD)) == OLD
    with pytest.raises(ValueError):
        parse_inputs(text)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return make_context({"DEVENV_HOME": str(tmp_path / "home")}, tmp_path, quiet=True)


def product(text: str = "whole") -> Product:
    def steps(staging: str) -> tuple[Step, ...]:
        return (Write(f"{staging}/file", text),)

    return Product("things", "k1", "the thing", OLD, steps, marks=("file",))


def failing() -> Product:
    """Its second step fails."""
    return replace(product(), steps=lambda at: (Write(f"{at}/a", ""), Copy("/no/such", f"{at}/b")))


def left_in(context: Context) -> list[str]:
    return sorted(path.name for path in (context.layout.home / "things").iterdir())


def test_it_is_made_once_read_only_with_its_inputs(context: Context) -> None:
    place = realise(context, product())
    assert place == context.layout.home / "things" / "k1"
    assert (place / "file").stat().st_mode & 0o222 == 0
    assert recorded_inputs(place) == OLD
    assert realise(context, product("other")) == place
    assert (place / "file").read_text() == "whole"
    assert left_in(context) == ["k1"]


@pytest.mark.parametrize("verbose", [1, 2])
def test_it_says_what_it_is_made_from(
    context: Context, capsys: pytest.CaptureFixture[str], verbose: int
) -> None:
    realise(replace(context, verbose=verbose), product())
    printed = capsys.readouterr().err
    assert ("# the thing: NEURON: 9.0.2\n" in printed) is (verbose == 2)
    assert ("# the thing: a.mod: /m/a.mod\n" in printed) is (verbose == 2)
    assert ("# the thing: flags: 2 values\n" in printed) is (verbose == 2)


def test_a_damaged_one_is_made_anew_and_a_touched_one_is_not(context: Context) -> None:
    file = realise(context, product()) / "file"
    file.chmod(0o644)
    file.write_text("damaged")
    with pytest.raises(StateError, match="/no/such"):
        realise(context, failing())
    assert file.read_text() == "damaged"
    realise(context, product("mended"))
    assert file.read_text() == "mended"
    file.touch()
    realise(context, product("not needed"))
    assert file.read_text() == "mended"


def test_what_a_killed_process_left_goes(context: Context) -> None:
    folder = context.layout.home / "things" / ".k1.staging-1-2"
    folder.mkdir(parents=True)
    (folder.parent / ".k2.staging-1-2").mkdir()
    realise(context, product())
    assert left_in(context) == [".k2.staging-1-2", "k1"]


def test_where_it_fails_nothing_is_left(context: Context) -> None:
    with pytest.raises(StateError, match="/no/such"):
        realise(context, failing())
    assert left_in(context) == []


def test_a_second_product_is_made_where_the_first_is_found_wanting(context: Context) -> None:
    seen: list[str] = []

    def retry(staging: Path) -> Product | None:
        seen.append((staging / "file").read_text())
        return product("second")

    place = realise(context, product("first"), retry=retry)
    assert (place / "file").read_text() == "second"
    assert seen == ["first"]
    assert left_in(context) == ["k1"]


def test_every_hash_of_a_suspect_counts(context: Context) -> None:
    unmarked = replace(product(), marks=())
    place = realise(context, unmarked)
    file = place / "file"
    before = file.read_text()
    file.chmod(0o644)
    file.write_text("damaged")
    realise(context, unmarked)
    assert file.read_text() == "damaged"
    suspicious = replace(context, suspects=frozenset([place]))
    with pytest.raises(StateError, match="/no/such"):
        realise(suspicious, replace(failing(), marks=()))
    assert file.read_text() == "damaged"
    realise(suspicious, unmarked)
    assert file.read_text() == before
    realise(suspicious, replace(product("not needed"), marks=()))
    assert file.read_text() == before


def test_a_whole_one_of_another_store_is_taken_and_never_written(
    context: Context, tmp_path: Path
) -> None:
    theirs = make_context({"DEVENV_HOME": str(tmp_path / "theirs")}, tmp_path, quiet=True)
    place = realise(theirs, product())
    stores = (Layout(tmp_path / "theirs"),)
    assert realise(context, product(), stores=stores) == place
    assert not context.layout.home.exists()
    (place / "file").chmod(0o644)
    (place / "file").write_text("damaged")
    assert realise(context, product(), stores=stores) == context.layout.home / "things" / "k1"
    assert (place / "file").read_text() == "damaged"


def test_a_dry_run_prints_it_and_makes_nothing(context: Context) -> None:
    dry = replace(context, dry=DryRun())
    with pytest.raises(AheadError, match="the rest"):
        realise(dry, product(), then="the rest")
    assert dry.dry is not None
    assert any(line.startswith("mv ") and line.endswith("/k1") for line in dry.dry.lines())
    assert not context.layout.home.exists()


def finished(*sources: str) -> Product:
    """Its later steps depend on what the first made, and copy these files too."""

    def finish(staging: str) -> Iterator[Sequence[Step]]:
        for source in sources:
            text = Path(staging, "file").read_text()
            yield (Copy(source, f"{staging}/copy"), Write(f"{staging}/file", f"{text} and more"))

    return replace(product(), finish=finish, unknown=("then it goes on",))


def test_later_steps_see_what_the_earlier_ones_made(context: Context) -> None:
    place = realise(context, finished(__file__, __file__))
    assert (place / "file").read_text() == "whole and more and more"
    assert left_in(context) == ["k1"]
    assert not seals.damages(place)


def test_where_a_later_step_fails_nothing_is_left(context: Context) -> None:
    with pytest.raises(StateError, match="/no/such"):
        realise(context, finished(__file__, "/no/such"))
    assert left_in(context) == []


def test_a_dry_run_names_what_it_cannot_know(context: Context) -> None:
    dry = DryRun()
    realise(replace(context, dry=dry), finished(__file__))
    assert dry.lines()[0] == "# then it goes on"
    assert not context.layout.home.exists()
