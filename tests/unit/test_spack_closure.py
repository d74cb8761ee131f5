"""Which recipes a concretization can need, judged by their texts."""

from __future__ import annotations

import pytest

from devenv.engines.spack.closure import (
    FixedChoices,
    RecipeTexts,
    closure,
    package_in,
    providers_in,
)
from devenv.engines.spack.recipe import contradicts, names_in, read_recipe, stub

RECIPES = {
    "model": """
class Model(Package):
    variant("reports", default=False, description="")
    depends_on("simulator+mpi")
    depends_on("reports", when="+reports")
    depends_on("mpi")
""",
    "simulator": """
class Simulator(Package):
    variant("mpi", default=True, description="")
    depends_on("readline")
    depends_on("checker", type="test")
""",
    "reports": 'class Reports(Package):\n    depends_on("storage+mpi@1.10:")\n',
    "storage": "from spack_repo.builtin.build_systems.make import MakePackage\n\n"
    "class Storage(MakePackage):\n    variant('mpi', default=True, description='')\n",
    "readline": 'class Readline(Package):\n    conflicts("^storage+mpi")\n',
    "checker": "class Checker(Package):\n    pass\n",
    "gmake": "class Gmake(Package):\n    pass\n",
    "py-a": "class PyA(Package):\n    pass\n",
    "py-b": "class PyB(Package):\n    pass\n",
    "openmpi": 'class Openmpi(Package):\n    provides("mpi@:3.1")\n    depends_on("py-a")\n',
    "mpich": 'class Mpich(Package):\n    provides("mpi")\n    depends_on("py-b")\n',
    "loop": 'class Loop(Package):\n    for one in ("py-a", "gmake"):\n        depends_on(one)\n',
    "begun": 'class Begun(Package):\n    for x in "ab":\n        depends_on(f"py-{x}@1:")\n',
    "heir": "from spack_repo.builtin.packages.model.package import Model\n\n"
    "class Heir(Model):\n    pass\n",
    "extension": 'class Extension(Package):\n    extends("python")\n',
    "python": "class Python(Package):\n    pass\n",
    "python-venv": "class PythonVenv(Package):\n    pass\n",
}
SYSTEMS = {"make": 'class MakePackage(PackageBase):\n    depends_on("gmake", type="build")\n'}
REPOSITORY = RecipeTexts(
    frozenset(RECIPES), RECIPES.__getitem__, lambda name: SYSTEMS.get(name, "")
)
PROVIDERS = providers_in(REPOSITORY)


def whole(*specs: str, settled: FixedChoices | None = None) -> set[str]:
    return set(closure(specs, REPOSITORY, PROVIDERS, settled or FixedChoices()).whole)


def test_providers_are_found() -> None:
    assert PROVIDERS == {"mpi": ("mpich", "openmpi")}


def test_all_that_may_take_part_is_in() -> None:
    found = whole("model")
    expected = {"model", "simulator", "readline", "reports", "storage", "gmake"}
    assert found - {"python-venv"} == expected | {"openmpi", "mpich", "py-a", "py-b"}


def test_what_the_machine_has_needs_nothing() -> None:
    found = whole("model", settled=FixedChoices(externals=frozenset({"simulator", "openmpi"})))
    assert {"simulator", "openmpi"} <= found
    assert not {"readline", "py-a"} & found


def test_a_settled_provider_excludes_the_others() -> None:
    found = whole("model", settled=FixedChoices(providers={"mpi": ("openmpi",)}))
    assert "openmpi" in found
    assert not {"mpich", "py-b"} & found


def test_a_named_variant_excludes_what_hangs_on_it() -> None:
    found = whole("model", settled=FixedChoices(variants={"model": "model@1 ~reports"}))
    assert not {"reports", "storage", "gmake"} & found


def test_a_dependency_named_in_the_spec_is_in() -> None:
    assert "mpich" in whole("model ^mpich", settled=FixedChoices(providers={"mpi": ("openmpi",)}))


def test_what_is_needed_for_tests_alone_is_out() -> None:
    assert "checker" not in whole("simulator")


def test_names_put_together_in_a_loop_are_in() -> None:
    assert {"py-a", "gmake"} <= whole("loop")
    assert {"py-a", "py-b"} <= whole("begun")


def test_an_inherited_recipe_is_in_with_its_needs() -> None:
    assert {"model", "simulator"} <= whole("heir")


def test_an_extension_of_python_gets_python_venv() -> None:
    assert {"python", "python-venv"} <= whole("extension")


def test_a_package_whose_variant_is_named_is_there_as_a_stub() -> None:
    settled = FixedChoices(externals=frozenset({"readline"}), variants={"model": "~reports"})
    found = closure(["model"], REPOSITORY, PROVIDERS, settled)
    assert found.stubs == {"storage"}
    assert "storage" not in found.whole


def test_a_stub_has_its_variants_no_needs_and_no_platform() -> None:
    text = """import os

class Helper:
    pass

@decorated
class A(B):
    \"\"\"What it is.\"\"\"

    variant('x')
    depends_on('c')
    requires('d')
"""
    seen: list[tuple[str, str]] = []
    values: dict[str, object] = {"decorated": lambda cls: cls, "B": object}
    for name in ("variant", "depends_on", "requires"):
        values[name] = lambda spec, name=name: seen.append((name, spec))
    exec(stub(text), values)  # noqa: S102 - a text of this test's own
    assert seen == [("requires", "platform=windows"), ("variant", "x"), ("requires", "d")]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("hdf5@1.10:+mpi ^zlib-ng %gcc@12", ("hdf5", "zlib-ng", "gcc")),
        ("a %c,cxx=llvm", ("a", "llvm")),
        ("a ^[virtuals=mpi] openmpi", ("a", "openmpi")),
        ("+mpi", ()),
        ("^mpich", ("mpich",)),
    ],
)
def test_names_in_a_spec(spec: str, names: tuple[str, ...]) -> None:
    assert names_in(spec) == names


@pytest.mark.parametrize(
    ("when", "settled", "cannot"),
    [
        ("+mpi", "a~mpi", True),
        ("+mpi", "a +mpi", False),
        ("+mpi", "a", False),
        ("^b+mpi", "a~mpi", False),
        ("@2: ~mpi", "a+mpi model=y", True),
        ("fabrics=ucx", "a fabrics=psm2", False),
        ("platform=windows", "platform=linux", True),
    ],
)
def test_a_condition_that_cannot_hold(when: str, settled: str, cannot: bool) -> None:
    assert contradicts(when, settled) is cannot


def test_names_of_folders() -> None:
    assert [package_in(f) for f in ("py_numpy", "_7zip", "zlib")] == ["py-numpy", "7zip", "zlib"]


def test_an_unreadable_condition_keeps_its_dependency() -> None:
    recipe = read_recipe("class A(B):\n    depends_on('c', when=some + 'thing')\n")
    assert {(d.name, d.when) for d in recipe.dependencies} == {("c", "")}
