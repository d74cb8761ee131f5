"""The text of each export."""

from __future__ import annotations

import json

import pytest

from devenv.core.base import Base
from devenv.core.delta import Append, EnvironmentDelta, Prepend, Remove, Set, Unset, apply
from devenv.core.environment import Generation, Overlay
from devenv.exports import FORMATS, ExportRequest

DELTA = EnvironmentDelta(
    (
        Unset("NEURONHOME", "environment ring"),
        Prepend("PYTHONPATH", "/site", "environment ring", True),
        Prepend("PYTHONPATH", "/dev $x", "dev source nd"),
        Prepend("PATH", "/b:/c", "model k"),
        Append("PATH", "/z", "o"),
        Remove("PATH", "/gone", "o"),
        Set("V", 'a "b" [c] $d \\e\n{f}', "package nd"),
    )
)
REQUEST = ExportRequest(
    Generation(
        "ring", 3, "venv", "/py", "", "", DELTA, (Overlay("nd", "/o", "/s", "/src", ("nd",)),),
        base=Base(("site/1",), "/usr/share/modules"),
    ),
    "/home/envs/ring/current",
    {"PATH": "/usr/bin", "OTHER": "x"},
)  # fmt: skip


def lines(kind: str) -> list[str]:
    return FORMATS[kind](REQUEST).splitlines()


THERE = '[info exists env(PYTHONPATH)] && $env(PYTHONPATH) ne ""'


def test_a_tcl_modulefile() -> None:
    assert lines("modulefile") == [
        "#%Module1.0",
        "module-whatis devenv\\ environment\\ ring",
        "module load site/1",
        "unsetenv NEURONHOME",
        f"if {{{THERE}}} {{ prepend-path PYTHONPATH /site }}",
        "prepend-path PYTHONPATH /dev\\ \\$x",
        "prepend-path PATH /c",
        "prepend-path PATH /b",
        "append-path PATH /z",
        "remove-path PATH /gone",
        'setenv V a\\ \\"b\\"\\ \\[c\\]\\ \\$d\\ \\\\e\\n\\{f\\}',
    ]


def test_a_lua_modulefile() -> None:
    text = lines("modulefile-lua")
    assert 'load("site/1")' in text
    assert 'setenv("V", "a \\"b\\" [c] $d \\\\e\\010{f}")' in text
    assert text.index('prepend_path("PATH", "/c")') < text.index('prepend_path("PATH", "/b")')
    assert any(line.startswith('if (os.getenv("PYTHONPATH")') for line in text)


def test_json_has_every_edit_with_its_origin() -> None:
    data = json.loads(FORMATS["json"](REQUEST))
    assert [e["origin"] for e in data["edits"]] == [e.origin for e in DELTA.edits]
    assert data["variables"] == apply(DELTA, {})
    assert data["unset"] == ["NEURONHOME"]


def test_dotenv_is_whole() -> None:
    assert lines("dotenv") == [
        'PYTHONPATH="/dev \\$x"',
        'PATH="/b:/c:/usr/bin:/z"',
        'V="a \\"b\\" [c] \\$d \\\\e\\n{f}"',
    ]


def test_vscode() -> None:
    data = json.loads(FORMATS["vscode"](REQUEST))
    assert data["python.defaultInterpreterPath"] == "/py"
    terminal = data["terminal.integrated.env.linux"]
    assert terminal["PATH"] == "/b:/c:${env:PATH}:/z"
    assert terminal["NEURONHOME"] is None
    assert terminal["PYTHONPATH"] == "/dev $x"


def test_a_kernel_activates_what_is_in_use_when_it_starts() -> None:
    data = json.loads(FORMATS["jupyter"](REQUEST))
    assert data["argv"][3:] == ["/home/envs/ring/current/activate.sh", "{connection_file}"]
    assert "env" not in data


@pytest.mark.parametrize("kind", FORMATS)
def test_each_ends_in_one_newline(kind: str) -> None:
    text = FORMATS[kind](REQUEST)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
