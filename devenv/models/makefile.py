"""How NEURON compiles and links a mechanism, read from its own ``nrnmech_makefile``.

Only what that file uses of GNU make is understood: plain assignments, ``ifeq (a, b)``, and the
functions ``if``, ``subst`` and ``origin``. A shell call gives nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devenv.core.errors import StateError

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*(\+?|:)=\s*(.*)")
_CONDITION = re.compile(r"\s*ifeq\s*\((.*)\)\s*$")
# Stands for NEURON's home until the words are split: the home itself may have blanks and quotes.
_HOME = "@NEURON_HOME@"


@dataclass(frozen=True)
class MakeFlags:
    """Words for the compiler, without the compiler itself.

    language: of the translated mechanism, "c" or "c++". mechanism: to compile that; cxx: to compile
    C++. include: NEURON's headers. shared, special: to link the library, the executable. library:
    NEURON's own library and where it is found at run time. main: for NEURON's nrnmain.cpp.
    """

    language: str
    mechanism: tuple[str, ...]
    cxx: tuple[str, ...]
    include: tuple[str, ...]
    shared: tuple[str, ...]
    special: tuple[str, ...]
    library: tuple[str, ...]
    main: tuple[str, ...]


def parse_makefile(text: str, home: str) -> MakeFlags:
    """The flags in the text of ``<home>/bin/nrnmech_makefile``; StateError where it is no such file.

    From NEURON 9 on a mechanism is translated to C++; NEURON 8 translates to C and compiles it with
    the variable COMPILE, which 9 no longer has (its CCOMPILE is for a user's own C files).
    """
    where = f"{home}/bin/nrnmech_makefile"
    variables = read_variables(text, home, ("CXXCOMPILE", "CXX_LINK_SHARED"), where)
    words = variables.words
    language = "c" if "COMPILE" in variables.values else "c++"
    recipe = re.search(r"\$\(CXX_LINK_EXE\).*", text)
    return MakeFlags(
        language=language,
        mechanism=words("COMPILE" if language == "c" else "CXXCOMPILE"),
        cxx=words("CXXCOMPILE"),
        include=tuple(word for word in words("INCLUDES") if word != "-I."),
        shared=words("CXX_LINK_SHARED"),
        special=words("CXX_LINK_EXE"),
        library=words("NRNLIB_FLAGS", "NRNLIB_RPATH_FLAGS", "LDFLAGS"),
        main=tuple(re.findall(r"-D\S+", recipe.group())) if recipe else (),
    )


@dataclass(frozen=True)
class Variables:
    """The variables of a makefile of NEURON's. home: where that NEURON stands."""

    values: Mapping[str, str]
    home: str

    def words(self, *names: str) -> tuple[str, ...]:
        """What the variables of these names hold, as words for a command."""
        split = (word for name in names for word in shlex.split(_expand(f"$({name})", self.values)))
        return tuple(word.replace(_HOME, self.home) for word in split)


def read_variables(text: str, home: str, needed: Sequence[str], where: str) -> Variables:
    """The variables in a makefile whose ROOT is `home`; StateError where one of `needed` lacks."""
    values = _variables(text, {"ROOT": _HOME})
    missing = [name for name in needed if name not in values]
    if missing:
        raise StateError(
            f"{where} does not define {' and '.join(missing)}",
            fix="This NEURON is not one that devenv knows; use NEURON 8.2 or later.",
        )
    return Variables(values, home)


def _variables(text: str, given: Mapping[str, str]) -> dict[str, str]:
    """The variables as make would have them; `given` beats the file, the compilers are empty."""
    fixed = {"CC": "", "CXX": "", **given}
    found = dict(fixed)
    active: list[bool] = []
    for line in text.replace("\\\n", " ").splitlines():
        word = line.strip().split(" ", 1)[0]
        if condition := _CONDITION.match(line):
            left, _, right = _expand(condition[1], found).rpartition(",")
            active.append(_bare(left) == _bare(right))
        elif word in ("ifneq", "ifdef", "ifndef"):
            active.append(False)
        elif word == "else" and active:
            active[-1] = not active[-1]
        elif word == "endif" and active:
            active.pop()
        elif all(active) and not line.startswith("\t") and (match := _ASSIGNMENT.match(line)):
            _assign(found, fixed, match)
    return found


def _assign(found: dict[str, str], fixed: Mapping[str, str], match: re.Match[str]) -> None:
    name, kind, value = match.groups()
    value = re.sub(r"(^|\s)#.*", "", value)
    if name in fixed:
        return
    if kind == "+":
        found[name] = f"{found.get(name, '')} {value}"
    else:
        found[name] = _expand(value, found) if kind == ":" else value


def _bare(side: str) -> str:
    return side.strip().strip("\"'")


def _expand(value: str, variables: Mapping[str, str]) -> str:
    """`value` with every ``$(…)`` and ``${…}`` put in."""
    result, position = "", 0
    while (dollar := value.find("$", position)) >= 0 and dollar + 1 < len(value):
        result += value[position:dollar]
        opening = value[dollar + 1]
        if opening in "({":
            end = _closing(value, dollar + 1)
            result += _call(value[dollar + 2 : end], variables)
            position = end + 1
        else:
            result += "$" if opening == "$" else ""
            position = dollar + 2
    return result + value[position:]


def _closing(value: str, opening: int) -> int:
    """Where the bracket at `opening` closes; the end of the text where it does not."""
    pair = {"(": ")", "{": "}"}[value[opening]]
    depth = 0
    for position in range(opening, len(value)):
        depth += (value[position] == value[opening]) - (value[position] == pair)
        if depth == 0:
            return position
    return len(value)


def _call(inner: str, variables: Mapping[str, str]) -> str:
    function, _, rest = inner.partition(" ")
    if not rest:
        return _expand(variables.get(_expand(inner, variables), ""), variables)
    arguments = _arguments(rest)
    if function == "if":
        chosen = 1 if _expand(arguments[0], variables).strip() else 2
        return _expand(arguments[chosen], variables) if chosen < len(arguments) else ""
    if function == "subst" and len(arguments) == 3:
        old, new, text = (_expand(argument, variables) for argument in arguments)
        return text.replace(old, new)
    return ""


def _arguments(text: str) -> list[str]:
    """`text` at its commas, those inside brackets left alone."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "({") - (character in ")}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
