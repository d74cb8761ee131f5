"""Setting a few values in a YAML file that a person keeps, and leaving every other byte alone.

PyYAML says where each value stands, and the new text goes there. ruamel.yaml was measured for it and
is not used: it hangs a comment on the value before it, so that taking the last item off a list takes
the comment above the next key along, and it lays out anew what it was not asked to touch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from devenv.core.errors import UsageError

Splice = tuple[int, int, str]
"""The characters from the first index up to the second are replaced by the text."""


def with_values(
    text: str, values: Mapping[str, Any], where: str, identity: Callable[[Any], str] = str
) -> str:
    """`text` with its top-level keys set to `values`: texts, or lists of texts or of flat mappings.

    identity: what makes an item of a list the same item, so that it is edited where it stands.
    UsageError where the file is written in a way (anchors, several documents) that cannot be edited.
    """
    text = text if text.endswith("\n") or not text else text + "\n"
    for key, value in values.items():
        candidates = _candidates(text, key, value, identity)
        found = next((c for c in candidates if _means(c, text, key, value)), None)
        if found is None:
            raise UsageError(
                f"{where}: cannot set {key!r} without spoiling what is written there",
                fix=f"Set it by hand to {_flow(value)}",
            )
        text = found
    return text


def without_key(text: str, key: str, where: str) -> str:
    """`text` without a top-level key: its lines, and the comment on them, go; all else stays.

    UsageError where it is written in a way that cannot be edited. A key that is not there: `text`.
    """
    pair = _find(text, key)
    if pair is None:
        return text
    name, node = pair
    text = text if text.endswith("\n") else text + "\n"
    found = _apply(text, [(_line_start(text, name), _line_end(text, node), "")])
    there = {k: v for k, v in (yaml.safe_load(text) or {}).items() if k != key}
    try:
        if (yaml.safe_load(found) or {}) == there:
            return found
    except yaml.YAMLError:
        pass
    raise UsageError(
        f"{where}: cannot remove {key!r} without spoiling what is written there",
        fix="Remove it by hand.",
    )


def line_of(text: str, key: str) -> int:
    """The line, counted from 1, at which a top-level key stands; 0: it does not."""
    pair = _find(text, key)
    return pair[0].start_mark.line + 1 if pair else 0


def _means(candidate: str, text: str, key: str, value: Any) -> bool:
    """Whether `candidate` says `value` for the key, and of all else what `text` says."""
    try:
        return bool(yaml.safe_load(candidate) == {**(yaml.safe_load(text) or {}), key: value})
    except yaml.YAMLError:
        return False


def _candidates(text: str, key: str, value: Any, identity: Callable[[Any], str]) -> Iterator[str]:
    """Texts that may be right, the one that changes least first."""
    pair = _find(text, key)
    if pair is None:
        yield f"{text}{key}:{_block(value, 2)}\n"
        return
    name, node = pair
    if isinstance(value, list) and _is_block_list(node):
        yield _apply(text, _list_splices(text, name, node, value, identity))
        first = text.rfind("\n", 0, node.start_mark.index)
        yield _apply(text, [(first, _end(text, node), _block(value, node.start_mark.column))])
    else:
        block = isinstance(value, list) and node.value == []
        yield _apply(
            text, [_scalar_splice(text, node, _block(value, 2) if block else f" {_flow(value)}")]
        )


def _find(text: str, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next(((name, node) for name, node in pairs if name.value == key), None)


def _is_block_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and not node.flow_style


def _list_splices(
    text: str, name: yaml.Node, node: yaml.Node, wanted: list[Any], identity: Callable[[Any], str]
) -> list[Splice]:
    """Items taken off with their lines, changed where they stand, and added at the end."""
    left = {identity(item): item for item in wanted}
    splices: list[Splice] = []
    for item_node in node.value:
        item = left.pop(identity(_plain(item_node)), None)
        if item is None:
            splices.append((_line_start(text, item_node), _line_end(text, item_node), ""))
        elif isinstance(item, dict):
            splices += _mapping_splices(text, item_node, item)
    if left:
        end = _line_end(text, node.value[-1])
        splices.append((end, end, _block(list(left.values()), node.start_mark.column)[1:] + "\n"))
    elif not wanted:
        colon = text.index(":", name.end_mark.index) + 1
        splices.append((colon, colon, " []"))
    return splices


def _mapping_splices(text: str, node: yaml.Node, wanted: Mapping[str, str]) -> Iterator[Splice]:
    there = {name.value: value for name, value in node.value}
    for key, value in wanted.items():
        if key not in there:
            end = _line_end(text, node)
            yield end, end, " " * node.start_mark.column + f"{key}: {_flow(value)}\n"
        elif _plain(there[key]) != value:
            yield _scalar_splice(text, there[key], f" {_flow(value)}")


def _scalar_splice(text: str, node: yaml.Node, new: str) -> Splice:
    """From the blanks before the value on, since an empty value stands right behind the colon."""
    start = node.start_mark.index
    while text[start - 1] == " ":
        start -= 1
    return start, max(start, _end(text, node)), new


def _apply(text: str, splices: list[Splice]) -> str:
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _plain(node: yaml.Node) -> Any:
    """What the node says, as data; enough for texts and flat mappings of them."""
    if isinstance(node, yaml.MappingNode):
        return {name.value: _plain(value) for name, value in node.value}
    return node.value


def _end(text: str, node: yaml.Node) -> int:
    """Where its last value ends: the end mark of a block stands behind the comments that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip(" \t\r\n"))


def _line_start(text: str, node: yaml.Node) -> int:
    return text.rfind("\n", 0, node.start_mark.index) + 1


def _line_end(text: str, node: yaml.Node) -> int:
    return text.index("\n", _end(text, node)) + 1


def _block(value: Any, column: int) -> str:
    """What stands behind the colon: a text on the same line, a list on the lines below."""
    if not isinstance(value, list) or not value:
        return f" {_flow(value)}"
    lines = []
    for item in value:
        pairs = (
            [f"{k}: {_flow(v)}" for k, v in item.items()]
            if isinstance(item, dict)
            else [_flow(item)]
        )
        lines += [f"{' ' * column}{'  ' if i else '- '}{pair}" for i, pair in enumerate(pairs)]
    return "".join(f"\n{line}" for line in lines)


def _flow(value: Any) -> str:
    """On one line, in quotes where YAML needs them."""
    text = yaml.safe_dump(
        [value], default_flow_style=True, allow_unicode=True, width=2**30, sort_keys=False
    )
    return str(text).strip()[1:-1]
