"""Which MOD files make a model, and which cannot be in one."""

from __future__ import annotations

import pytest

from devenv.core.errors import UsageError
from devenv.core.nmodl import mechanism
from devenv.models import Mod, ModFolder, check_clashes, clashes, select

# The heads of the real pair: the core's InhPoissonStim.mod and the models' netstim_inhpoisson.mod.
INH_POISSON = b"""
COMMENT
/** @file InhPoissonStim.mod  SUFFIX not_this */
ENDCOMMENT
NEURON {
  THREADSAFE
  ARTIFICIAL_CELL InhPoissonStim
  RANGE duration
}
VERBATIM
extern int ifarg(int iarg);
#ifndef CORENEURON_BUILD
static void* helper(int n) { return 0; }
#endif
ENDVERBATIM
FUNCTION urand() {
VERBATIM
  if (n) { double nrn_random_pick(void* r); }
ENDVERBATIM
}
"""


def mod(name: str, text: str | bytes, folder: str = "/m") -> Mod:
    return Mod(
        name, f"{folder}/{name}.mod", text if isinstance(text, bytes) else text.encode(), folder
    )


def folder(path: str, **files: bytes) -> ModFolder:
    return ModFolder(path, path, {f"{name}.mod": content for name, content in files.items()})


def test_the_first_file_of_a_name_wins_and_names_are_sorted() -> None:
    mods = select([folder("/core", b=b"core b"), folder("/v6", b=b"v6 b", a=b"v6 a")])
    assert [(m.name, m.path, m.content) for m in mods] == [
        ("a", "/v6/a.mod", b"v6 a"),
        ("b", "/core/b.mod", b"core b"),
    ]


@pytest.mark.parametrize("spelt", ["b", "b.mod"])
def test_an_excluded_name_is_left_out_of_every_folder(spelt: str) -> None:
    mods = select([folder("/core", b=b""), folder("/v6", b=b"", a=b"")], exclude=[spelt])
    assert [m.name for m in mods] == ["a"]


def test_a_name_that_is_no_identifier_is_refused_with_its_path() -> None:
    with pytest.raises(UsageError, match=r"/m/my-ca\.mod"):
        select([ModFolder("/m", "", {"my-ca.mod": b""})])


def test_included_files_count_at_any_depth_and_foreign_ones_do_not() -> None:
    files = {
        "a.mod": b'INCLUDE "x.inc"\nVERBATIM\n  #include "nrnran123.h"\n#include "y.h"\nENDVERBATIM',
        "x.inc": b'INCLUDE "z.inc"\n',
        "y.h": b"int y;",
        "z.inc": b'INCLUDE "x.inc"\n',
        "unused.h": b"",
    }
    (one,) = select([ModFolder("/m", "", files)])
    assert [name for name, _ in one.includes] == ["x.inc", "y.h", "z.inc"]
    (other,) = select([ModFolder("/m", "", {**files, "z.inc": b": edited\n"})])
    (unused,) = select([ModFolder("/else", "", {**files, "unused.h": b"edited"})])
    assert other.digest != one.digest
    assert unused.digest == one.digest


def test_a_header_that_is_only_asked_for_counts_once_it_is_there() -> None:
    files = {"a.mod": b'VERBATIM\n#if defined(X) || __has_include ( "opt.h" )\n#endif\nENDVERBATIM'}
    (without,) = select([ModFolder("/m", "", files)])
    (one,) = select([ModFolder("/m", "", {**files, "opt.h": b""})])
    assert without.includes == () and one.includes == (("opt.h", b""),)
    assert one.digest != without.digest


def test_files_included_from_elsewhere_are_beside_the_mod_by_names_of_their_own() -> None:
    files = {
        "a.mod": b'#include "../up/f.h"\nINCLUDE "sub/f.h"\n#include "/abs/g.h"\n#include "mech_api.h"',
        "../up/f.h": b'#include "h.h"\n#include "own.h"',
        "../up/h.h": b"one",
        "own.h": b'#include "sub/f.h"',
        "sub/f.h": b"two",
        "/abs/g.h": b"three",
        "sub/b.mod": b"no mechanism of this folder",
    }
    (mod,) = select([ModFolder("/m", "o", files)])
    found = dict(mod.includes)
    assert all("/" not in name for name in found) and len(found) == 5
    for word in (b"two", b"three"):
        assert b'"' + _named(found, word) + b'"' in mod.content
    assert b'#include "mech_api.h"' in mod.content
    assert found["own.h"] == b'#include "' + _named(found, b"two") + b'"'
    (up,) = (text for text in found.values() if b"own.h" in text)
    assert _named(found, b"one") in up
    (other,) = select([ModFolder("/m", "o", {**files, "../up/h.h": b"edited"})])
    assert other.digest != mod.digest


def _named(files: dict[str, bytes], content: bytes) -> bytes:
    (name,) = (name for name, text in files.items() if text == content)
    return name.encode()


def test_latin_1_comes_through() -> None:
    content = "TITLE Grün\n".encode("latin-1")
    (one,) = select([folder("/m", a=content)])
    assert one.text.encode("utf-8", "surrogateescape") == content


def test_the_real_pair_clashes_and_both_files_are_named() -> None:
    mods = [mod("InhPoissonStim", INH_POISSON, "/core"), mod("netstim", INH_POISSON, "/v6")]
    (clash,) = clashes(mods)
    assert (clash.kind, clash.name) == ("mechanism", "InhPoissonStim")
    with pytest.raises(UsageError, match=r"/core/InhPoissonStim\.mod.*/v6/netstim\.mod"):
        check_clashes(mods)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("NEURON { SUFFIX a }", "NEURON { SUFFIX b }", []),
        ("NEURON { SUFFIX a } FUNCTION f(x) {}", "NEURON { SUFFIX b } FUNCTION f(x) {}", []),
        ("NEURON { SUFFIX a }", "NEURON { POINT_PROCESS a }", ["a"]),
        ("NEURON { SUFFIX a }", "NEURON { SUFFIX b : SUFFIX a\n}", []),
        (
            "NEURON { SUFFIX nothing GLOBAL g, h }\nFUNCTION f(x) {}",
            "NEURON { SUFFIX nothing GLOBAL k, h }\nPROCEDURE f(x) {}",
            ["f", "h"],
        ),
        ("NEURON { SUFFIX nothing }\n: FUNCTION f(x) {}", "NEURON { SUFFIX nothing }", []),
    ],
)
def test_what_clashes(first: str, second: str, expected: list[str]) -> None:
    found = clashes([mod("one", first), mod("two", second)])
    assert sorted(clash.name for clash in found) == expected


@pytest.mark.parametrize(
    ("code", "shared"),
    [
        ("double* helper(double x) {\n return 0; }", True),
        ("static double* helper(double x) { return 0; }", False),
        ("double* helper(double x);", False),
        ("// double helper(double x) {\n/* int g() { */", False),
        ("#define F(x) if (helper(x)) { \\\n int g() { }", False),
        ("namespace {\nint helper() { return 1; }\n}", False),
    ],
)
def test_c_functions_that_others_can_see_clash(code: str, shared: bool) -> None:
    text = "NEURON {{ SUFFIX {} }}\nVERBATIM\n" + code.replace("{", "{{").replace("}", "}}")
    text += "\nENDVERBATIM\nINITIAL {{\nVERBATIM\n if (1) {{ }}\nENDVERBATIM\n}}\n"
    found = clashes([mod("one", text.format("one")), mod("two", text.format("two"))])
    assert [clash.kind for clash in found] == (["C function"] if shared else [])


def test_the_mechanism_may_have_another_name_than_its_file() -> None:
    assert mechanism(INH_POISSON.decode()) == "InhPoissonStim"
    assert mechanism("NEURON { SUFFIX nothing }") == ""
