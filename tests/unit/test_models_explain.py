"""Complaints of real tools (nocmodl 9.0.2 and 8.2.7, g++ 12, ld) brought back to the MOD file."""

from __future__ import annotations

from devenv.core.errors import StepError
from devenv.models import Mod, explain, explain_compile_error
from devenv.sources.compiler_errors import CompilerError

BAD = b"""NEURON {
  SUFFIX bad
}
ASSIGNED { x }
INITIAL {
VERBATIM
  undeclared_thing = 3;
ENDVERBATIM
}
FUNCTION twin() { twin = nosuchfunc(g) }
PROCEDURE foo() {
  x = nosuchfunc(g)  : a comment
}
"""
MOD = Mod("bad", "/my mods/bad.mod", BAD)

NOCMODL_9 = """Translating bad.mod into ./bad.cpp
syntax error:
 Illegal expression:
 Illegal statement:
 Error: Illegal block at line 12 in file bad.mod
  x = = 2
       ^
"""
NOCMODL_8 = NOCMODL_9.replace(" Illegal statement:\n Error: ", " ")
CXX = """bad.cpp: In function 'int foo__bad()':
bad.cpp:215:8: error: 'nosuchfunc' was not declared in this scope
  215 |    x = nosuchfunc ( _threadargscomma_ g ) ;
      |        ^~~~~~~~~~
bad.cpp: In function 'void initmodel()':
bad.cpp:246:3: error: 'undeclared_thing' was not declared in this scope
  246 |   undeclared_thing = 3;
      |   ^~~~~~~~~~~~~~~~
"""
LD = """/usr/bin/ld: /s/ab/2/n2.o: in function `ff(double)':
n2.cpp:(.text): multiple definition of `ff(double)'; /s/cd/1/n1.o:n1.cpp:(.text): first defined here
collect2: error: ld returned 1 exit status
"""


def test_a_syntax_error_of_nocmodl() -> None:
    for log in (NOCMODL_9, NOCMODL_8):
        (problem,) = explain(log, "bad", [MOD])
        assert (problem.file, problem.line) == ("/my mods/bad.mod", 12)
        assert problem.what == "syntax error: Illegal block"


def test_a_syntax_error_in_an_included_file() -> None:
    (problem,) = explain(NOCMODL_9.replace("file bad.mod", "file x.inc"), "bad", [MOD])
    assert (problem.file, problem.code) == ("/my mods/x.inc", "  x = = 2")


def test_a_file_that_cannot_be_opened() -> None:
    mod = Mod("a", "/m/a.mod", b'TITLE a\nINCLUDE "nothere.inc"\n')
    log = "Couldn't open: nothere.inc\nError: Couldn't open nothere.inc\n"
    assert explain(log, "a", [mod])[-1] == CompilerError("/m/a.mod", 2, "Couldn't open nothere.inc")


def test_an_error_of_the_compiler_finds_its_statement_in_its_block() -> None:
    first, second = explain(CXX, "bad", [MOD])
    assert (first.line, second.line) == (12, 7)
    assert first.what == "'nosuchfunc' was not declared in this scope"
    assert second.code == "  undeclared_thing = 3;"


def test_an_error_in_a_block_without_a_name_is_found_there() -> None:
    """The same line stands in each, and is wrong in one."""
    line, words = "VERBATIM\n  x = nope;\nENDVERBATIM\n", ("BREAKPOINT", "INITIAL")
    text = "NET_RECEIVE(w) {\n" + line + "INITIAL {\n" + line + "}\n}\n"
    text += "".join(f"{word} {{\n{line}}}\n" for word in words)
    mod = Mod("bad", "/m/bad.mod", text.encode())
    made_of = {
        "void _net_receive__bad(Point_process*, double*, double)": 3,
        "void _net_init(Point_process*, double*, double)": 7,
        "void _nrn_state__bad(const int&)": 13,
        "void nrn_cur(NrnThread*)": 13,
        "void initmodel()": 18,
    }
    for function, number in made_of.items():
        log = (
            f"bad.cpp: In function '{function}':\n"
            "bad.cpp:246:3: error: 'nope' was not declared in this scope\n  246 |   x = nope;\n"
        )
        (problem,) = explain(log, "bad", [mod])
        assert (function, problem.line) == (function, number)


def test_a_symbol_defined_twice_names_both_files() -> None:
    mods = [Mod("n1", "/m/n1.mod", b""), Mod("n2", "/m/n2.mod", b"")]
    (problem,) = explain(LD, "libnrnmech", mods)
    assert str(problem) == "/m/n2.mod: ff is also defined in /m/n1.mod"


def test_the_error_to_show_ends_with_the_log() -> None:
    error = explain_compile_error(StepError("failed", log="/log/bad.log", returncode=1), CXX, [MOD])
    assert str(error).startswith("/my mods/bad.mod:12: 'nosuchfunc'")
    assert str(error).endswith("The whole output is in /log/bad.log")
    assert error.code == 4


def test_what_is_not_understood_stays_as_it_is() -> None:
    error = StepError("failed", log="/log/bad.log")
    assert explain_compile_error(error, "Segmentation fault\n", [MOD]) is error
