"""Modules as a base, in the real shells and with the real Environment Modules (or Lmod)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from shells.harness import HERE, Shell, without_record

from devenv.core.base import Base, is_bookkeeping
from devenv.core.delta import EnvironmentDelta, Prepend, Set, apply
from devenv.places.modules import CHANGED, LOADED, based, observe
from devenv.shells.record import RECORD

SYSTEMS = ("environment-modules", "lmod")
ENVIRONMENT_MODULES = Path("/usr/share/modules")
NATIVE = {name: kind for name, kind in HERE.items() if name != "bash-posix"}
MODULE = """#%Module
prepend-path PATH {root}/bin
prepend-path PYTHONPATH {root}/python
prepend-path HOC_LIBRARY_PATH {root}/hoc
setenv NEURODAMUS_PYTHON {root}/data
"""
DELTA = EnvironmentDelta(
    (
        Prepend("HOC_LIBRARY_PATH", "/dev/hoc", "o"),
        Prepend("PYTHONPATH", "/dev/overlay", "o"),
        Set("NEURODAMUS_PYTHON", "/dev/data", "o"),
        Prepend("PATH", "/dev/bin", "o"),
    )
)
MINE = {
    "PATH": "/usr/bin:/bin",
    "HOC_LIBRARY_PATH": "",
    "NEURODAMUS_PYTHON": "/my own",
    "LANG": "C.UTF-8",
}


@pytest.fixture(params=SYSTEMS)
def home(request: pytest.FixtureRequest) -> Path:
    """MODULESHOME of each of the two module systems."""
    if request.param == "lmod":
        return Path(request.getfixturevalue("lmod_home"))
    if not (ENVIRONMENT_MODULES / "init/sh").exists():
        pytest.skip("Environment Modules are not here")
    return ENVIRONMENT_MODULES


@pytest.fixture(params=NATIVE)
def shell(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Shell:
    found = Shell(NATIVE[request.param], tmp_path)
    for name in ("site", "other"):
        found.write(f"modules/{name}/1.0", MODULE.format(root=f"/{name}"))
    found.env = {**MINE, "MODULEPATH": f"{tmp_path}/modules", "MODULESHOME": str(home)}
    return found


def base_of(shell: Shell, modules: str = "modules:site") -> Base:
    return observe(shell.env, modules)[0]


def values(shell: Shell, name: str) -> dict[str, str]:
    """What is not the module system's own bookkeeping, which is left behind by itself."""
    return {k: v for k, v in shell.dumped(name).items() if not is_bookkeeping(k)}


def test_the_base_is_observed(shell: Shell) -> None:
    base, environ = observe(shell.env, "modules:site")
    assert base.names == ("HOC_LIBRARY_PATH", "NEURODAMUS_PYTHON", "PATH", "PYTHONPATH")
    assert environ["PATH"] == "/site/bin:/usr/bin:/bin"
    # The same where the module is loaded already.
    assert observe(environ, "modules:site")[0] == base


def test_the_modules_are_beneath_and_what_was_there_is_put_back(shell: Shell) -> None:
    source = shell.source(shell.build(DELTA, base=base_of(shell)))
    said = shell.run(
        shell.kind.strict, "dump before", source, "dump one", source, "dump two",
        "devenv deactivate", "dump after",
    )  # fmt: skip
    one = values(shell, "one")
    assert one["PATH"] == "/dev/bin:/site/bin:/usr/bin:/bin", said
    assert one["PYTHONPATH"] == "/dev/overlay:/site/python"
    assert one["HOC_LIBRARY_PATH"].split(":")[:2] == ["/dev/hoc", "/site/hoc"]
    assert one["NEURODAMUS_PYTHON"] == "/dev/data"
    assert shell.dumped("one")["LOADEDMODULES"].startswith("site")
    assert one[LOADED] == "site"
    assert values(shell, "two") == one
    assert values(shell, "after") == values(shell, "before"), said
    assert not shell.dumped("after").get("LOADEDMODULES")


def test_a_module_that_was_there_stays(shell: Shell) -> None:
    source = shell.source(shell.build(DELTA, base=base_of(shell, "modules:site,other")))
    _, loaded = observe(shell.env, "modules:site")
    shell.env = loaded
    shell.run("dump before", source, "dump one", "devenv deactivate", "dump after")
    assert shell.dumped("one")[LOADED] == "other"
    assert values(shell, "one")["PATH"] == "/dev/bin:/other/bin:/site/bin:/usr/bin:/bin"
    assert values(shell, "after") == values(shell, "before")
    assert shell.dumped("after")["LOADEDMODULES"].startswith("site")


def test_a_module_that_cannot_be_loaded_fails_and_leaves_nothing(shell: Shell) -> None:
    base = base_of(shell)
    bad = replace(base, modules=(*base.modules, "nosuch"))
    source = shell.source(shell.build(DELTA, base=bad))
    said = shell.run("dump before", source, "dump after", code=None)
    assert "the module nosuch cannot be loaded" in said
    assert values(shell, "after") == values(shell, "before")
    shell.run(source, code=1)


def test_what_a_purge_leaves_empty_is_unset_as_before(shell: Shell) -> None:
    if shell.kind.dialect == "tcsh":
        pytest.skip("tcsh has no command module there: a POSIX shell loads the modules for it")
    source = shell.source(shell.build(DELTA, base=base_of(shell)))
    said = shell.run(source, "module purge", "dump purged", "devenv deactivate", "dump after")
    assert shell.dumped("purged")["PYTHONPATH"] == "/dev/overlay", said
    assert "PYTHONPATH" not in shell.dumped("after")
    assert shell.dumped("after")["PATH"] == MINE["PATH"]
    beneath = based(shell.dumped("purged"), Base())
    assert "PYTHONPATH" not in beneath
    assert beneath["PATH"] == MINE["PATH"]


def test_switched_to_one_without_a_base_and_back(shell: Shell) -> None:
    mine = shell.source(shell.build(DELTA, "mine", base=base_of(shell)))
    plain = shell.source(shell.build(DELTA, "plain"))
    shell.run(
        "dump before", mine, "dump one", plain, "dump plain", mine, "dump two",
        "devenv deactivate", "dump after",
    )  # fmt: skip
    assert values(shell, "plain")["PATH"] == "/dev/bin:/usr/bin:/bin"
    assert LOADED not in shell.dumped("plain")
    assert values(shell, "two") == values(shell, "one")
    assert values(shell, "after") == values(shell, "before")


def test_the_modulepath_of_the_build_is_used_where_a_shell_has_none(shell: Shell) -> None:
    source = shell.source(shell.build(DELTA, base=base_of(shell)))
    del shell.env["MODULEPATH"]
    shell.run(source, "dump one")
    assert values(shell, "one")["PATH"] == "/dev/bin:/site/bin:/usr/bin:/bin"


def test_python_says_what_the_shell_says_and_undoes_it(shell: Shell) -> None:
    base = base_of(shell)
    source = shell.source(shell.build(DELTA, base=base))
    shell.run(source, "dump one")
    ours = values(shell, "one")
    python = apply(DELTA, based(shell.env, base))
    names = (*base.names, LOADED)
    assert {n: ours.get(n) for n in names} == {n: python.get(n) for n in names}
    # From within: the same, and another environment takes the modules away.
    again = based(shell.dumped("one"), base)
    assert {n: again.get(n) for n in base.names} == {
        n: based(shell.env, base).get(n) for n in base.names
    }
    without = based(shell.dumped("one"), Base())
    assert {n: without.get(n) for n in base.names} == {n: MINE.get(n) for n in base.names}
    assert LOADED not in without
    assert CHANGED not in without
    assert RECORD not in without_record(without)
