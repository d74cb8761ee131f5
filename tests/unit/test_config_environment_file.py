"""environment.yaml is the user's: what they wrote there survives what devenv changes."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.config.environment_file import edited_text, environment_text, read_environment
from devenv.core.environment import DevSource, Environment, FurtherModel
from devenv.core.errors import UsageError

MINE = """\
# my environment
template: neocortex  # the usual

# what I work on
develop:
  # the simulator
  - package: neurodamus
    path: /src/nd   # on the fast disk
    # with the submodules

  # the region
  - kind: model
    package: neurodamus-models
    path: "/src/models"
  # end of what I work on
# the Python of the cluster
python: "3.11"
packages:
  - ipython==9.0  # for debugging
  # plots
  - matplotlib
"""


def changes(**fields: object) -> list[str]:
    """The lines that go (-) and come (+) where MINE is made to say something else."""
    wanted = replace(read_environment(MINE, "e", "f"), **fields)
    text = edited_text(MINE, wanted, "f")
    assert read_environment(text, "e", "f") == wanted
    lines = difflib.unified_diff(MINE.splitlines(), text.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:3] not in ("---", "+++") and line[:2] != "@@"]


ND, MODELS = read_environment(MINE, "e", "f").develop


def test_it_is_read_as_it_stands() -> None:
    assert read_environment(MINE, "e", "f") == Environment(
        "e",
        "neocortex",
        python="3.11",
        packages=("ipython==9.0", "matplotlib"),
        develop=(
            DevSource("neurodamus", "/src/nd"),
            DevSource("neurodamus-models", "/src/models", "model"),
        ),
    )


def test_nothing_to_change_changes_nothing() -> None:
    assert edited_text(MINE, read_environment(MINE, "e", "f"), "f") == MINE


def test_a_dev_source_is_added_at_the_end() -> None:
    added = DevSource("hnn-core", "/src/with blank", origin="git")
    assert changes(develop=(ND, MODELS, added)) == [
        "+  - package: hnn-core",
        "+    path: /src/with blank",
        "+    origin: git",
    ]


def test_a_dev_source_is_taken_off_and_the_comments_around_it_stay() -> None:
    assert changes(develop=(MODELS,)) == [
        "-  - package: neurodamus",
        "-    path: /src/nd   # on the fast disk",
    ]
    assert changes(develop=(ND,)) == [
        "-  - kind: model",
        "-    package: neurodamus-models",
        '-    path: "/src/models"',
    ]


def test_all_dev_sources_are_taken_off_and_one_comes_back() -> None:
    wanted = read_environment(MINE, "e", "f")
    empty = edited_text(MINE, replace(wanted, develop=()), "f")
    assert "develop: []\n  # the simulator\n" in empty
    text = edited_text(empty, replace(wanted, develop=(ND,)), "f")
    assert read_environment(text, "e", "f").develop == (ND,)
    assert [line for line in MINE.splitlines() if line.lstrip().startswith("#")] == [
        line for line in text.splitlines() if line.lstrip().startswith("#")
    ]


def test_a_dev_source_that_moved_is_edited_where_it_stands() -> None:
    assert changes(develop=(replace(ND, path="/new", origin="git"), MODELS)) == [
        "-    path: /src/nd   # on the fast disk",
        "+    path: /new   # on the fast disk",
        "+    origin: git",
    ]


def test_another_order_of_dev_sources_is_kept() -> None:
    assert changes(develop=(MODELS, ND))


def test_values_are_set_where_they_stand_and_new_ones_come_last() -> None:
    assert changes(python="3.10", variants="~v5", template="hippocampus") == [
        "-template: neocortex  # the usual",
        "+template: hippocampus  # the usual",
        '-python: "3.11"',
        "+python: '3.10'",
        "+variants: ~v5",
    ]


def test_packages_are_added_and_taken_off() -> None:
    assert changes(packages=("matplotlib", "yes")) == [
        "-  - ipython==9.0  # for debugging",
        "+  - 'yes'",
    ]


def test_a_new_file_says_what_was_asked_for_and_no_more() -> None:
    text = environment_text(Environment("e", "neocortex", develop=(DevSource("p", "/p"),)))
    comment, data = text.split("template:")
    assert all(line.startswith("# ") for line in comment.splitlines())
    assert data == " neocortex\ndevelop:\n  - package: p\n    path: /p\n"


def test_a_file_that_is_wrong_is_not_edited() -> None:
    with pytest.raises(UsageError, match="f: unknown key 'variant'"):
        edited_text("template: a\nvariant: b\n", Environment("e", "a"), "f")


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)
SOURCES = st.lists(
    st.builds(DevSource, TEXT, TEXT, TEXT, TEXT), max_size=3, unique_by=lambda s: s.package
)
FURTHER = st.lists(
    st.builds(FurtherModel, TEXT, TEXT), max_size=3, unique_by=lambda model: model.name
)
ENVIRONMENTS = st.builds(
    Environment,
    st.just("e"),
    template=TEXT,
    engine=TEXT,
    python=TEXT,
    variants=TEXT,
    models=TEXT,
    neuron=TEXT,
    packages=st.lists(TEXT, max_size=3).map(tuple),
    develop=SOURCES.map(tuple),
    further=FURTHER.map(tuple),
    stores=st.lists(TEXT, max_size=2).map(tuple),
)


@settings(deadline=None)
@given(ENVIRONMENTS)
def test_every_environment_can_be_written_and_read(environment: Environment) -> None:
    assert read_environment(environment_text(environment), "e", "f") == environment


@settings(deadline=None)
@given(ENVIRONMENTS, ENVIRONMENTS)
def test_every_environment_can_become_every_other(before: Environment, after: Environment) -> None:
    text = edited_text(environment_text(before), after, "f")
    assert read_environment(text, "e", "f") == after


@settings(deadline=None)
@given(ENVIRONMENTS)
def test_a_persons_comments_survive_every_change(after: Environment) -> None:
    text = edited_text(MINE, replace(after, develop=(*after.develop, ND, MODELS)), "f")
    for comment in ("# my environment", "# the usual", "# what I work on", "# the Python of the"):
        assert comment in text
