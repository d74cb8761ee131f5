"""Traces errors of nocmodl, the compiler and the linker back to the MOD file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from devenv.core.errors import StepError
from devenv.core.nmodl import NOT_NMODL, nmodl_only
from devenv.models.mods import Mod, decode
from devenv.sources.compiler_errors import CompilerError

_NOCMODL = re.compile(r"^(.*?) at line (\d+) in file (.+?)\s*$", re.MULTILINE)
_NOCMODL_PLAIN = re.compile(r"^(?:Error: )?(Couldn't open .*|.*[Ee]rror: .+)$", re.MULTILINE)
_NOT_ASCII = "Non-Ascii character in file"
_NMODL = re.compile(
    r"what\(\):\s*(?:NMODL Parser Error : )?(.+?)(?: \[Location : (\d+)\.[^\]]*\])?$", re.MULTILINE
)
_COMPILER = re.compile(
    r"^(?P<file>.+?):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<what>.*)$"
    r"(?:\n\s*\d+ \|(?P<code>.*))?",
    re.MULTILINE,
)
_WITHIN = re.compile(r"In (?:member )?function .*?(\w+)\(")
_QUOTED = re.compile(r"['`](\w+)'")
_TWICE = re.compile(r"multiple definition of ['`](.+?)';? (\S+?)(?::.*)?: first defined here")
_ADDED = re.compile(r"_(?:internal)?threadargs(?:proto)?(?:comma)?_|[\s;]")
_GUIDE = "https://www.neuronsimulator.org/en/9.0.0/guide/porting_mechanisms_to_cpp.html"
"""What nrnivmodl of NEURON 9 names where a mechanism does not compile."""
_BLOCK = r"^\s*(?:FUNCTION|PROCEDURE|DERIVATIVE|KINETIC|NET_RECEIVE)\s+{name}\b"

_UNNAMED = {
    r"_?nrn_(?:cur|current|state|jacob)(?:_|$)": "BREAKPOINT",
    r"initmodel$|_net_init": "INITIAL",
    r"_net_receive": "NET_RECEIVE",
    r"_constructor": "CONSTRUCTOR",
    r"_destructor": "DESTRUCTOR",
    r"_ba\d": "(?:BEFORE|AFTER)",
}
"""C functions of nocmodl's -> the block that has no name of its own."""


def explain_compile_error(error: StepError, log: str, mods: Sequence[Mod]) -> StepError:
    """`error` in terms of the MOD files; unchanged if its log has no error in a known form.

    log: the text of the file `error.log`, whose name is that of the mechanism.
    """
    name = PurePath(error.log).stem.removesuffix(".core")
    problems = explain(log, name, mods)
    if not problems:
        return error
    what = "\n".join(str(problem) for problem in problems)
    mod = next((mod for mod in mods if mod.name == name), None)
    ways = (*(_ways_out(log, mod) if mod else ()), f"The whole output is in {error.log}")
    return StepError(what, fix="\n  ".join(ways), log=error.log, returncode=error.returncode)


def _ways_out(log: str, mod: Mod) -> tuple[str, ...]:
    """What NEURON itself says of C in VERBATIM, which it compiles as C++ since 9.0."""
    in_cpp = any(
        PurePath(match["file"]).name == f"{mod.name}.cpp" for match in _COMPILER.finditer(log)
    )
    if not in_cpp or "VERBATIM" not in mod.text:
        return ()
    return (
        f"NEURON 9 compiles VERBATIM as C++, and older C may not be that: {_GUIDE}",
        "NEURON 8.2.7 compiles it as C: devenv create NAME --neuron neuron==8.2.7",
    )


def explain(log: str, name: str, mods: Sequence[Mod]) -> tuple[CompilerError, ...]:
    """The problems in the output of the step `name`: a mechanism, or "libnrnmech" for the link."""
    by_name = {mod.name: mod for mod in mods}
    if name not in by_name:
        return tuple(_linker(log, by_name))
    mod = by_name[name]
    found = [*_nocmodl(log, mod)] or [*_nmodl(log, mod)] or [*_compiler(log, mod)]
    return tuple(dict.fromkeys(found))


def _nocmodl(log: str, mod: Mod) -> Iterator[CompilerError]:
    lines = log.splitlines()
    for match in _NOCMODL.finditer(log):
        if not match[1].strip() and _NOT_ASCII in log:
            yield from _not_ascii(mod, match[3])
            continue
        number = int(match[2])
        own = match[3] == f"{mod.name}.mod"
        path = mod.path if own else _include_path(mod, match[3])
        follows = lines.index(match[0].rstrip()) + 1 if match[0].rstrip() in lines else len(lines)
        code = _line(mod, number) if own else "".join(lines[follows : follows + 1])
        what = match[1].strip().removeprefix("Error:").strip()
        yield CompilerError(
            path, number, f"syntax error: {what}" if "syntax error" in log else what, code
        )
    others = (_NOCMODL, _NMODL, _COMPILER)
    if not any(other.search(log) for other in others):
        for what in dict.fromkeys(_NOCMODL_PLAIN.findall(log)):
            yield CompilerError(mod.path, _mentioned(mod, what), what)


def _include_path(mod: Mod, name: str) -> str:
    """Where a file stands that `mod` includes; it is compiled by the name `name`."""
    found = zip(mod.includes, mod.include_paths, strict=False)
    beside = str(PurePath(mod.path).with_name(name))
    return next((path for (known, _), path in found if known == name), beside)


def _not_ascii(mod: Mod, file: str) -> Iterator[CompilerError]:
    """The characters that nocmodl does not take outside of comments, by their own lines."""
    own = file == f"{mod.name}.mod"
    content = mod.content if own else dict(mod.includes).get(file, b"")
    path = mod.path if own else _include_path(mod, file)
    lines = decode(content).split("\n")
    for number, line in enumerate(_without_comments(decode(content)).split("\n"), 1):
        wrong = next((char for char in line if not char.isascii()), "")
        if wrong:
            # A byte that is not UTF-8 is a lone surrogate (PEP 383).
            named = repr(wrong) if wrong.isprintable() else f"byte {ord(wrong) & 0xFF:#x}"
            code = lines[number - 1].encode("ascii", "replace").decode()
            yield CompilerError(path, number, f"{_NOT_ASCII}: {named}", code)


def _without_comments(text: str) -> str:
    """With C, unlike `blanked`, and with all newlines."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith("VERBATIM") else re.sub(r"[^\n]", " ", found[0])

    return NOT_NMODL.sub(blank, text)


def _nmodl(log: str, mod: Mod) -> Iterator[CompilerError]:
    """What NMODL, CoreNEURON's translator, ends with."""
    for match in _NMODL.finditer(log):
        number = int(match[2] or 0)
        yield CompilerError(mod.path, number, match[1].strip(), _line(mod, number))


def _mentioned(mod: Mod, what: str) -> int:
    """The first line that holds the last word of a complaint (a file that could not be opened)."""
    word = what.rsplit(maxsplit=1)[-1]
    return next((n for n, line in enumerate(mod.text.splitlines(), 1) if word in line), 0)


def _compiler(log: str, mod: Mod) -> Iterator[CompilerError]:
    for match in _COMPILER.finditer(log):
        header = PurePath(match["file"]).name
        if header in dict(mod.includes):
            path = _include_path(mod, header)
            yield CompilerError(path, int(match["line"]), match["what"], match["code"] or "")
            continue
        within = _WITHIN.findall(log, 0, match.start())
        number = _origin(mod, match["code"] or "", within[-1] if within else "", match["what"])
        yield CompilerError(mod.path, number, match["what"], _line(mod, number))


def _origin(mod: Mod, code: str, within: str, what: str) -> int:
    """The line of the MOD file that a line of its translation came from; 0: not found.

    nocmodl writes no #line, but leaves a statement's words alone: it adds blanks, ";" and arguments of
    its own. Failing that, a name that the complaint quotes is looked for.
    """
    lines = mod.text.splitlines()
    start = _block(lines, within)
    order = [*range(start, len(lines)), *range(start)]
    wanted = _ADDED.sub("", code)
    same = [n for n in order if wanted and _ADDED.sub("", lines[n].split(":")[0]) == wanted]
    names = _QUOTED.findall(what)
    named = [n for n in order for name in names if re.search(rf"\b{name}\b", lines[n])]
    return next((n + 1 for n in [*same, *named]), 0)


def _block(lines: Sequence[str], function: str) -> int:
    """Where the block begins that C function `function` (``rates__Ih``) was made of; 0: unknown."""
    for pattern, word in _UNNAMED.items():
        if re.match(pattern, function):
            return _unnamed(lines, word, inside=function == "_net_init")
    name = re.escape(re.split(r"__|_(?=[A-Z])", function)[0])
    found = (n for n, line in enumerate(lines) if name and re.match(_BLOCK.format(name=name), line))
    return next(found, 0)


def _unnamed(lines: Sequence[str], word: str, *, inside: bool) -> int:
    """The first block of that kind; inside: of another block, as an INITIAL is in a NET_RECEIVE."""
    depth = 0
    for number, line in enumerate(nmodl_only("\n".join(lines)).split("\n")):
        if re.match(rf"\s*{word}\b", line) and (depth > 0) == inside:
            return number
        depth += line.count("{") - line.count("}")
    return 0


def _line(mod: Mod, number: int) -> str:
    lines = mod.text.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _linker(log: str, mods: dict[str, Mod]) -> Iterator[CompilerError]:
    """Symbols that two mechanisms define; the objects are called after them."""
    seen: set[tuple[str, str]] = set()
    for line in log.splitlines():
        match = _TWICE.search(line)
        pair = (
            [PurePath(part).stem for part in re.findall(r"[^\s:;()]+\.o\b", log)] if match else []
        )
        first = PurePath(match[2].split(":")[0]).stem if match else ""
        other = next((name for name in pair if name != first and name in mods), "")
        if match and first in mods and other and (first, other) not in seen:
            seen.add((first, other))
            what = f"{match[1].split('(')[0]} is also defined in {mods[first].path}"
            yield CompilerError(mods[other].path, 0, what)
