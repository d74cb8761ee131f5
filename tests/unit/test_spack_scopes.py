"""What a scope says to a solution that is there; what Spack may do with all recipes; the switch."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from devenv.checks import spack
from devenv.checks.evidence import Evidence
from devenv.config.settings import load_settings
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.site import External, Site
from devenv.engines.spack.failure import Reason
from devenv.engines.spack.manifest import built_roots
from devenv.engines.spack.narrowing import worth_all_recipes
from devenv.engines.spack.recipe import stub
from devenv.engines.spack.scope import ScopeConfiguration, scope_changes, scope_files
from devenv.engines.spack.wheels import pins_of

GCC = External("gcc@12.2.0", "/usr", compilers={"c": "/usr/bin/gcc", "cxx": "/usr/bin/g++"})
CLANG = External(
    "llvm@14.0.6", "/usr", compilers={"c": "/usr/bin/clang", "cxx": "/usr/bin/clang++"}
)
OPENMPI, MPICH = External("openmpi@4.1.4", "/usr"), External("mpich@4.0.2", "/usr")
SOLUTION = frozenset({"gcc", "model", "openmpi", "cmake"})


def files(*externals: External, site: Site | None = None, **more: object) -> dict[str, str]:
    return scope_files(
        ScopeConfiguration({"builtin": "/r"}, "/s", "x86_64", externals, site or Site(), **more)  # type: ignore[arg-type]
    )


def same(before: dict[str, str], now: dict[str, str]) -> bool:
    there, back = scope_changes(SOLUTION, before, now), scope_changes(SOLUTION, now, before)
    assert len(there) == len(back)
    return not there


@pytest.mark.parametrize("more", [External("bison@3.8.2", "/usr"), CLANG, MPICH])
def test_what_takes_no_part_may_come_and_go(more: External) -> None:
    before, now = files(GCC, OPENMPI), files(GCC, OPENMPI, more)
    assert before != now
    assert same(before, now)


@pytest.mark.parametrize(
    "others",
    [
        (External("gcc@13.1.0", "/usr", compilers=GCC.compilers), OPENMPI),
        (GCC, OPENMPI, External("cmake@3.25.1", "/usr")),
        (GCC, MPICH),
        (GCC,),
    ],
)
def test_what_takes_part_matters(others: tuple[External, ...]) -> None:
    assert not same(files(GCC, OPENMPI), files(*others))


def test_changes_are_named() -> None:
    cmake = External("cmake@3.25.1", "/usr"), External("cmake@4.0.0", "/opt/cmake")
    before, now = files(GCC, OPENMPI, cmake[0]), files(GCC, OPENMPI, cmake[1])
    words = "cmake: cmake@3.25.1 in /usr -> cmake@4.0.0 in /opt/cmake"
    assert scope_changes(SOLUTION, before, now) == (words,)
    words = "cmake: cmake@3.25.1 in /usr -> none"
    assert scope_changes(SOLUTION, before, files(GCC, OPENMPI)) == (words,)
    clang = scope_changes({*SOLUTION, "llvm"}, files(GCC), files(CLANG))
    assert clang[:2] == ("c: gcc -> llvm", "cxx: gcc -> llvm")
    target = scope_changes(SOLUTION, files(GCC), files(GCC, site=Site(target="x86_64_v3")))
    assert target == ("the settings of all",)
    assert scope_changes(SOLUTION, files(), files(release=(1, 0))) == ("concretizer.yaml",)


def test_what_is_said_of_all_packages_matters() -> None:
    assert not same(files(GCC), files(GCC, site=Site(target="x86_64_v3")))
    assert not same(files(GCC), files(GCC, built_roots=("model",)))


def test_a_version_of_spack_gets_what_it_knows() -> None:
    assert "concretization_cache" in files()["concretizer.yaml"]
    assert "concretization_cache" not in files(release=(1, 0))["concretizer.yaml"]
    assert "from:" in files(built_roots=())["concretizer.yaml"]
    assert "reuse: dependencies" in files(built_roots=(), release=(1, 0))["concretizer.yaml"]


def test_roots_that_are_built_beside_externals() -> None:
    externals = (External("python@3.11.7", "/p"), External("cmake@3.25.1", "/usr"))
    specs = ["python", "py-six@1.17", "cmake", {"matrix": []}]
    assert built_roots({"specs": specs}, externals) == ("py-six",)
    assert built_roots({"specs": ["py-six"]}, externals) is None
    own = {"cmake:": {"buildable": True}, "zlib": {"externals": [{}], "buildable": False}}
    said = {"specs": ["cmake", "zlib"], "packages": own}
    assert built_roots(said, externals) == ("cmake",)


def test_a_stub_keeps_the_docstring_and_decorators() -> None:
    text = (
        "class Helper:\n    pass\n\n\n@described\nclass A(Base):\n    '''What it is.'''\n\n"
        "    @early\n    def method(self):\n        pass\n\n    version('1')\n"
    )
    seen: list[str] = []

    def described(one: type) -> type:
        seen.append(one.__doc__ + " Its licence.")  # type: ignore[operator]
        return one

    values = {"described": described, "Base": object, "early": lambda f: f}
    values |= {"requires": seen.append, "version": seen.append}  # type: ignore[dict-item]
    exec(stub(text), values)  # noqa: S102 - a text of this test's own
    assert seen == ["platform=windows", "1", "What it is. Its licence."]
    exec(stub("class A(Base):\n    'Doc.'\n    version('1')\n"), values)  # noqa: S102
    assert seen[3:] == ["platform=windows", "1"]


@pytest.mark.parametrize(
    ("why", "concretized", "worth"),
    [
        (Reason("cannot load package 'a' from the 'builtin' repository: x", ""), True, True),
        (Reason("cannot load package 'a' from the 'site' repository: x", ""), False, False),
        (Reason("Spack finds no solution:\n    - one", ""), False, True),
        (Reason("a failed in its phase 'build'", "", "/log"), True, False),
        (Reason("the disk is full", ""), False, False),
        (Reason("Additional properties are not allowed ('x' was unexpected)", ""), False, False),
        (Reason("", "", missing="there"), False, True),
        (Reason("", "", missing="nowhere"), False, False),
        (Reason("", "", package="there", variant="x"), False, True),
        (Reason("", "", package="there", variant="y"), False, False),
        (Reason("Cannot satisfy 'there@9'", ""), False, False),
        (Reason("Cannot satisfy 'there@1'", ""), False, True),
    ],
)
def test_all_recipes_are_tried_unless_that_is_useless(
    tmp_path: Path, why: Reason, concretized: bool, worth: bool
) -> None:
    recipe = tmp_path / "packages" / "there" / "package.py"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("class There:\n    version('1.0')\n    variant('x')\n".replace("'", '"'))
    assert worth_all_recipes(why, (str(tmp_path),), concretized=concretized) == worth


def test_pins_are_compared_by_their_normal_names() -> None:
    lines = ["Docopt_NG==0.9.0 \\", "    --hash=sha256:0", "numpy==2.0 ; python_version > '3'"]
    assert pins_of(lines) == {"docopt-ng==0.9.0", "numpy==2.0"}


@pytest.mark.parametrize(("word", "on"), [("off", False), ("No", False), ("true", True)])
def test_a_switch_has_a_variable(tmp_path: Path, word: str, on: bool) -> None:
    environ = MappingProxyType({"HOME": str(tmp_path), "DEVENV_WHEELS": word})
    assert load_settings(environ, tmp_path).wheels is on


def test_a_switch_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"invalid value 'perhaps' of \$DEVENV_WHEELS"):
        load_settings({"HOME": str(tmp_path), "DEVENV_WHEELS": "perhaps"}, tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SPACK_ENV": "/gone"}, ["SPACK_ENV=/gone", "spack env deactivate", "unset SPACK_ENV"]),
        ({"SPACK_LOADED_HASHES": "abc"}, ["spack unload --all"]),
    ],
)
def test_another_active_spack_is_found(more: dict[str, str], said: list[str]) -> None:
    generation = Generation("mine", 1, "spack", "/p", "/s", "/n", EnvironmentDelta())
    (finding,) = spack.judge(Evidence(generation, {"DEVENV_ENV": "mine", **more}))
    assert finding.severity == "warning"
    assert all(word in f"{finding.what} {finding.why} {finding.fix}" for word in said)
    assert not spack.judge(Evidence(generation, {"DEVENV_ENV": "other", **more}))
    (finding,) = spack.judge(Evidence(generation, {"DEVENV_ENV": "mine", "SPACK_ROOT": "/s"}))
    assert finding.severity == "ok"
