"""The order of precedence after an activation, on data alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devenv.core.activation import Contribution, Parts, activation_delta
from devenv.core.delta import EnvironmentDelta, Set, apply
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


def test_import_neuron_loads_the_model() -> None:
    before = {"NEURON_MODULE_OPTIONS": "-nogui -dll /another/lib.so"}
    after = apply(activation_delta(parts()), before)
    assert after["NEURON_MODULE_OPTIONS"] == "-dll /m/lib.so"


def test_a_model_that_python_cannot_load_is_not_replaced_by_another() -> None:
    before = {"NEURON_MODULE_OPTIONS": "-dll /another/lib.so"}
    sanitized = replace(MODEL, preload="/lib/libasan.so")
    assert "NEURON_MODULE_OPTIONS" not in apply(activation_delta(parts(sanitized)), before)


def test_without_a_model_the_users_options_stay() -> None:
    before = {"NEURON_MODULE_OPTIONS": "-nogui"}
    after = apply(activation_delta(parts(model=None)), before)
    assert after["NEURON_MODULE_OPTIONS"] == "-nogui"
    assert after["PATH"].startswith("/g/bin:")  # nrniv, with the environment's packages


def test_a_recipe_has_no_package_load_the_model_a_second_time() -> None:
    """NEURON refuses the same mechanisms twice. What the user set is the user's."""
    recipe = Set("BLUECELLULAB_MOD_LIBRARY_PATH", "/m/lib.so", "spack recipe")
    of_spack = replace(parts(), engine=EnvironmentDelta((recipe,)))
    assert "BLUECELLULAB_MOD_LIBRARY_PATH" not in apply(activation_delta(of_spack), {})
    own = {"BLUECELLULAB_MOD_LIBRARY_PATH": "/mine.so"}
    assert apply(activation_delta(of_spack), own).items() >= own.items()
    without = replace(of_spack, model=None)
    assert apply(activation_delta(without), {})["BLUECELLULAB_MOD_LIBRARY_PATH"] == "/m/lib.so"


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/a/lib.so", "/a/lib.so"),
        ("/a b/lib.so", '"/a b/lib.so"'),
        ("/it's/lib.so", '"/it\'s/lib.so"'),
        ('/a"b/lib.so', '"/a\\"b/lib.so"'),
    ],
)
def test_a_path_is_one_option(path: str, word: str) -> None:
    after = apply(activation_delta(parts(replace(MODEL, library=path))), {})
    assert after["NEURON_MODULE_OPTIONS"] == f"-dll {word}"
