"""The table of all errors: each place in the code that makes one, its message and its way out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "devenv"
CODES = {
    "DevenvError": 1,
    "UsageError": 2,
    "PreconditionError": 3,
    "StepError": 4,
    "UnreachableError": 5,
    "StateError": 6,
}
HEAD = """# Errors

Every error that devenv reports, with the exit code, the message and the way out, as the code has them.
`{name}` stands for what is known only then. With `--json` the same is a document on the standard output.
"""


def errors_page() -> str:
    """The page: a section for each exit code, a row for each place."""
    rows = [row for path in sorted(PACKAGE.rglob("*.py")) for row in _errors(path)]
    parts = [HEAD]
    for name, code in CODES.items():
        section = [row for row in rows if row[0] == name]
        if section:
            parts.append(
                f"\n## {code}: {name}\n\n| message | way out | where |\n| --- | --- | --- |\n"
            )
            parts += [f"| {what} | {fix} | `{where}` |\n" for _, what, fix, where in section]
    return "".join(parts)


def _errors(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """(class, message, way out, module) of each error that is made in a file."""
    module = str(path.relative_to(PACKAGE))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODES:
            if not node.args:
                continue
            fix = next((k.value for k in node.keywords if k.arg == "fix"), None)
            yield node.func.id, _text(node.args[0]), _text(fix), module


def _text(node: ast.expr | None) -> str:
    """A string of the source in a cell; {name} where it is known only when it runs."""
    return _escaped(_words(node)) if node is not None else ""


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_words, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left) + _words(node.right)
    if isinstance(node, ast.IfExp):
        return f"{_words(node.body)} / {_words(node.orelse)}"
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    return f"{{{_name(inner)}}}"


def _name(node: ast.expr) -> str:
    """The last word of an expression: {name} for {self.env.name}, {join} for {', '.join(names)}."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call):
        inner = node.args[-1] if node.args else node.func
        return _name(inner)
    return _name(node.value) if isinstance(node, (ast.Subscript, ast.Starred)) else "..."


def _escaped(text: str) -> str:
    for character in "|<>*_[]`":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
