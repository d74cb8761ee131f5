"""What nocmodl and the compiler complain of, by the file that a person edits, with the way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_models import mod
from support import Devenv

pytestmark = pytest.mark.real

NAME = "plain"
TEMPLATE = "summary: NEURON alone\npython: '>=3.10,<3.14'\nneuron: neuron==9.0.2\npackages: []\n"
GUIDE = "https://www.neuronsimulator.org/en/9.0.0/guide/porting_mechanisms_to_cpp.html"
C_ERA = """
VERBATIM
static double twice(x) double x; { return 2*x; }
ENDVERBATIM
FUNCTION doubled(x) {
VERBATIM
    return twice(_lx);
ENDVERBATIM
}
"""


@pytest.fixture(scope="module")
def home(make_devenv: Callable[[str], Devenv]) -> Devenv:
    devenv = make_devenv("messages")
    template = devenv.home / "templates" / "plain.yaml"
    template.parent.mkdir(parents=True)
    template.write_text(TEMPLATE)
    devenv("create", NAME)
    return devenv


def fails(devenv: Devenv, path: Path) -> str:
    """What is said of a folder of mods that cannot be built; nothing of it is kept."""
    return devenv("build", NAME, "--mods", path, code=4).stdout.partition("devenv: error: ")[2]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("g µ = 1".encode(), "'µ'"),
        (b"g \xb5 = 1", "byte 0xb5"),
        ("VERBATIM\n/* : 1 µ */\nENDVERBATIM".encode(), "'µ'"),
    ],
    ids=["UTF-8", "Latin-1", "VERBATIM"],
)
def test_a_character_that_is_not_ascii(
    home: Devenv, tmp_path: Path, text: bytes, named: str
) -> None:
    path = tmp_path / "leak.mod"
    head, _, tail = mod("leak").encode().partition(b"BREAKPOINT { i = g*(v - e)")
    comment = ": in a comment it may be: µ\nCOMMENT µ ENDCOMMENT\n".encode()
    path.write_bytes(comment + head + b"BREAKPOINT {\n i = g*(v - e)\n " + text + tail)
    lines = path.read_bytes().split(b"\n")
    number = max(n for n, line in enumerate(lines, 1) if not line.isascii())
    said = fails(home, tmp_path)
    assert said.startswith(f"{path}:{number}: Non-Ascii character in file: {named}")


def test_an_included_file_from_elsewhere(home: Devenv, tmp_path: Path) -> None:
    (tmp_path / "mods").mkdir()
    (tmp_path / "more").mkdir()
    included = tmp_path / "more" / "values.inc"
    included.write_text("PARAMETER {\n  e = = 2\n}\n")
    text = mod("leak").replace("  e = -65 (mV) }", ' }\nINCLUDE "../more/values.inc"')
    (tmp_path / "mods" / "leak.mod").write_text(text)
    assert f"{included}:2: " in fails(home, tmp_path / "mods")


def test_an_included_header(home: Devenv, tmp_path: Path) -> None:
    header = tmp_path / "values.h"
    header.write_text("static int fine;\nstatic int = 3;\n")
    more = '\nVERBATIM\n#include "values.h"\nENDVERBATIM\n'
    (tmp_path / "leak.mod").write_text(mod("leak") + more)
    assert f"{header}:2: " in fails(home, tmp_path)


def test_verbatim_of_the_time_of_c(home: Devenv, tmp_path: Path) -> None:
    path = tmp_path / "leak.mod"
    path.write_text(mod("leak") + C_ERA)
    said = fails(home, tmp_path)
    assert f"{path}:{1 + path.read_text().split('static double')[0].count(chr(10))}: " in said
    assert GUIDE in said
    assert "--neuron neuron==8.2.7" in said
    home("create", "old", "--template", NAME, "--neuron", "neuron==8.2.7")
    assert "1 mechanism" in home("build", "old", "--mods", tmp_path).stdout


def test_an_error_without_verbatim_has_no_guide(home: Devenv, tmp_path: Path) -> None:
    path = tmp_path / "leak.mod"
    path.write_text(mod("leak").replace("i = g*(v - e)", "i = nosuch(v)"))
    said = fails(home, tmp_path)
    assert f"{path}:" in said
    assert GUIDE not in said
