"""JSON with comments and trailing commas, as in editors' settings: edited in place.

Each value is put where it belongs in the text, and every other character stays the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

Key = str | int
_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_SCALAR = re.compile(r"-?\d[\d.eE+-]*|true|false|null")


@dataclass
class Node:
    """A value and where its text begins and ends. children: of an object or an array, by its key."""

    start: int
    end: int = 0
    value: object = None
    children: dict[Key, Node] = field(default_factory=dict)


def parse(text: str) -> Node:
    """The value of a document; an empty one is an empty object. ValueError, with the line, if it is
    not JSON with comments."""
    at = _skip(text, 0)
    if at == len(text):
        return Node(at, at, {})
    node = _value(text, at)
    end = _skip(text, node.end)
    if end != len(text):
        raise _invalid(text, end)
    return node


def with_value(text: str, path: tuple[Key, ...], value: object) -> str:
    """The document with `value` at `path`: keys, and indices of arrays; the length of an array appends.

    ValueError if something on the path is neither an object nor an array.
    """
    node = parse(text)
    if node.start == node.end:
        text, node = text + "{\n}\n", Node(node.start, node.start + 3, {})
    for depth, key in enumerate(path):
        if not isinstance(node.value, (dict, list)):
            raise ValueError(f"the value before {key!r} is not an object")
        child = node.children.get(key)
        if child is None:
            for outer in reversed(path[depth + 1 :]):
                value = {outer: value}
            return _inserted(text, node, key, value)
        node = child
    if node.value == value:
        return text
    return text[: node.start] + _written(text, node.start, value) + text[node.end :]


def _value(text: str, at: int) -> Node:
    node = Node(at)
    if text[at : at + 1] in ("{", "["):
        _read_children(text, node)
        of_object = text[at] == "{"
        node.value = (
            {key: child.value for key, child in node.children.items()}
            if of_object
            else [child.value for child in node.children.values()]
        )
        return node
    found = _STRING.match(text, at) or _SCALAR.match(text, at)
    if found is None:
        raise _invalid(text, at)
    node.end, node.value = found.end(), json.loads(found[0], strict=False)
    return node


def _read_children(text: str, node: Node) -> None:
    """Fill in the children, and where the text ends."""
    closing = "}" if text[node.start] == "{" else "]"
    at = _skip(text, node.start + 1)
    while text[at : at + 1] != closing:
        key: Key = len(node.children)
        if closing == "}":
            name = _STRING.match(text, at)
            colon = _skip(text, name.end()) if name else at
            if name is None or text[colon : colon + 1] != ":":
                raise _invalid(text, colon)
            key, at = str(json.loads(name[0], strict=False)), _skip(text, colon + 1)
        node.children[key] = child = _value(text, at)
        at = _skip(text, child.end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != closing:
            raise _invalid(text, at)
    node.end = at + 1


def _inserted(text: str, node: Node, key: Key, value: object) -> str:
    """With a new last member, on a line of its own. Comments stay with what they stand behind."""
    closing = node.end - 1
    last = max((child.end for child in node.children.values()), default=0)
    comma = text[_skip(text, last)] == "," if last else False
    before = text[:closing].rstrip()
    if last and not comma:
        before = before[:last] + "," + before[last:]
    line = "\r\n" if "\r\n" in text else "\n"
    outer = _indent(text, node.start)
    indent = _child_indent(text, node, outer)
    name = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(key, str) else ""
    written = _dumped(value, indent, line)
    return (
        f"{before}{line}{indent}{name}{written}{',' if comma else ''}{line}{outer}{text[closing:]}"
    )


def _child_indent(text: str, node: Node, outer: str) -> str:
    """That of the first member that stands on a line of its own, else a step more than the object's."""
    for child in node.children.values():
        found = _indent(text, child.start)
        if found != outer:
            return found
    return outer + ("\t" if outer.startswith("\t") else "  " if len(outer) % 4 else "    ")


def _indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _written(text: str, at: int, value: object) -> str:
    return _dumped(value, _indent(text, at), "\r\n" if "\r\n" in text else "\n")


def _dumped(value: object, indent: str, line: str) -> str:
    step = "\t" if indent.startswith("\t") else 2 if len(indent) % 4 else 4
    return json.dumps(value, indent=step, ensure_ascii=False).replace("\n", line + indent)


def _skip(text: str, at: int) -> int:
    """Where white space and comments end."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _invalid(text: str, at: int) -> ValueError:
    found = text[at : at + 1] or "the end of the file"
    return ValueError(f"line {text.count(chr(10), 0, at) + 1}: unexpected {found}")
