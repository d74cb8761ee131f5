"""VERBATIM blocks of MOD files that are valid C but not valid C++; NEURON 9 compiles them as C++.

Source of the patterns: NEURON's documentation, "Adapting MOD files for C++ with NEURON >= 9.0".
Each was compiled with NEURON 9.0.2 and gcc 12, which refused it. Patterns that gcc accepted
(functions declared without their arguments, a void* for a Vector) are omitted.
"""

from __future__ import annotations

import re

_BLOCK = re.compile(r"^[ \t]*VERBATIM\b(.*?)^[ \t]*ENDVERBATIM\b", re.S | re.M)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_GUARD = re.compile(r"NRN_VERSION_|__cplusplus|NRN_MECHANISM_DATA")
_ALLOCATED = re.compile(
    r"(?<![\w>.)])(\w+(?:->\w+|\.\w+)*)\s*=\s*((?:m|c|re)alloc|ecalloc|emalloc|hoc_Emalloc|hoc_Ecalloc)\s*\("
)
_VOID_POINTERS = re.compile(r"\bvoid\s*\*\s*(\w+)\s*[;=,)]")
_REDECLARED = re.compile(r"\bvoid\s*\*\s*nrn_random_arg\s*\(|\bnrn_random_pick\s*\(\s*void\b")
_OLD_STYLE = re.compile(
    r"^(?:static\s+)?(?:void|int|double|char|long|unsigned)\s*\*?\s*(\w+)\s*\(\s*\w+(?:\s*,\s*\w+)*\s*\)"
    r"\s*\n?\s*(?:int|double|char|long|void|float|unsigned)\b[^;{}()]*;",
    re.M,
)
_RESERVED = re.compile(
    r"\b(?:int|double|char|float|long|unsigned|void|Object|Section|Node)\s*\*{0,2}\s*"
    r"(new|delete|class|this|template|private|public|protected|namespace|operator|try|catch|throw|and|or|not)\s*[;=,\[)]"
)


def c_only(text: str) -> str:
    """Why the VERBATIM blocks of a MOD file are not valid C++; empty if no pattern matches."""
    code = _code(text)
    if not code:
        return ""
    for found in _ALLOCATED.finditer(code):
        if not _is_void(found[1], code):
            return f"{found[1]} = {found[2]}(…) has no cast"
    if _REDECLARED.search(code):
        return "it declares nrn_random_arg() or nrn_random_pick() in its own way"
    if old := _OLD_STYLE.search(code):
        return f"{old[1]}() is defined in the old style"
    if name := _RESERVED.search(code):
        return f"a variable has the name {name[1]}"
    return ""


def _code(text: str) -> str:
    """All VERBATIM blocks, without comments, texts, and what stands under a condition on the version."""
    text = re.sub(r"^[ \t]*COMMENT\b.*?^[ \t]*ENDCOMMENT\b", "", text, flags=re.S | re.M)
    blocks = "\n".join(_BLOCK.findall(text))
    return _unguarded(_STRING.sub('""', _COMMENT.sub(" ", blocks)))


def _unguarded(code: str) -> str:
    """The lines that stand under no condition on the version or the language."""
    kept: list[str] = []
    guards: list[bool] = []
    for line in code.splitlines():
        directive = line.replace(" ", "").replace("\t", "")
        if directive.startswith("#if"):
            guards.append(bool(_GUARD.search(line)))
        elif directive.startswith("#endif") and guards:
            guards.pop()
        elif not any(guards):
            kept.append(line)
    return "\n".join(kept)


def _is_void(name: str, code: str) -> bool:
    return name in _VOID_POINTERS.findall(code)
