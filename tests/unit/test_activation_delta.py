"""The order of precedence after an activation, on data alone."""

from __future__ import annotations

from devenv.core.activation import Contribution, Parts, activation_delta
from devenv.core.delta import apply
from devenv.core.environment import BuiltModel, Overlay

MODEL = BuiltModel("key", "/m", "/m/special", "/m/lib.so", ("Ih",))


def parts(model: BuiltModel | None = MODEL) -> Parts:
    return Parts(
        name="neo",
        number=3,
        shims="/g/bin",
        bins=("/venv/bin", "/neuron/bin"),
        sites=("/site", "/nrnsite"),
        overlays=(
            Overlay("one", "/o/one", "/g/scripts/one", "/src/one", ("one",)),
            Overlay("two", "/o/two", "/g/scripts/two", "/src/two", ("two",)),
        ),
        hoc=(
            Contribution("HOC_LIBRARY_PATH", "/src/one/hoc", "dev source one"),
            Contribution("HOC_LIBRARY_PATH", "/models/hoc", "package models"),
        ),
        variables=(Contribution("NEURODAMUS_PYTHON", "/src/one/data", "package one"),),
        model=model,
    )


def test_paths_stand_in_the_order_of_precedence() -> None:
    before = {"PATH": "/usr/bin", "HOC_LIBRARY_PATH": ":/old/hoc"}
    after = apply(activation_delta(parts()), before)
    assert after["PATH"] == ("/g/bin:/g/scripts/one:/g/scripts/two:/venv/bin:/neuron/bin:/usr/bin")
    assert after["PYTHONPATH"] == "/o/one:/o/two"
    assert after["HOC_LIBRARY_PATH"] == "/src/one/hoc:/models/hoc:/old/hoc"
    assert after["NRNMECH_LIB_PATH"] == "/m/lib.so"
    assert after["NEURODAMUS_PYTHON"] == "/src/one/data"
    assert (after["DEVENV_ENV"], after["DEVENV_GENERATION"]) == ("neo", "3")


def test_the_packages_are_on_pythonpath_only_over_something_else() -> None:
    after = apply(activation_delta(parts()), {"PYTHONPATH": "/module/site"})
    assert after["PYTHONPATH"] == "/o/one:/o/two:/site:/nrnsite:/module/site"


def test_what_another_neuron_left_is_gone() -> None:
    stale = {
        "NEURONHOME": "/x",
        "PYTHONHOME": "/x",
        "NRNMECH_LIB_PATH": "/x",
        "CORENEURONLIB": "/x",
    }
    after = apply(activation_delta(parts(model=None)), stale)
    assert not stale.keys() & after.keys()
