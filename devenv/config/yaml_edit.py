"""Sets a few values in a user's YAML file, and keeps every other byte.

PyYAML gives the position of each value, and the new text is put there. ruamel.yaml was tried and is not
used: it attaches a comment to the value before it, so removing the last item of a list removes the
comment above the next key, and it reformats parts that were not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from devenv.core.errors import UsageError

Splice = tuple[int, int, str]
"""Replaces the characters from the first index up to the second by the text."""


def with_values(
    text: str,
    values: Mapping[str, Any],
    where: str,
    identity: Callable[[Any], str] = str,
    below: str = "",
) -> str:
    """`text` with its top-level keys set to `values`: strings, lists of strings or of flat mappings, or
    (not empty) mappings of flat mappings; None removes the key.

    identity: identifies an item of a list, so that it is edited in place. below: edit the keys of this
    top-level key (which must exist) instead. UsageError if the file cannot be edited (anchors, several
    documents).
    """
    text = text if text.endswith("\n") or not text else text + "\n"
    for key, value in values.items():
        candidates = _candidates(text, key, value, identity, below)
        edited = next((c for c in candidates if _means(c, text, key, value, below)), None)
        if edited is None:
            raise UsageError(
                f"{where}: cannot set {key!r} without changing other parts of the file",
                fix=f"Set it by hand to {_flow(value)}",
            )
        text = edited
    return text


def without_key(text: str, key: str, where: str) -> str:
    """`text` without a top-level key, its lines and the comments on them; unchanged without that key.

    UsageError if the file cannot be edited.
    """
    pair = _find(text, key)
    if pair is None:
        return text
    name, node = pair
    text = text if text.endswith("\n") else text + "\n"
    edited = _apply(text, [(_line_start(text, name), _line_end(text, node), "")])
    target = {k: v for k, v in (yaml.safe_load(text) or {}).items() if k != key}
    try:
        if (yaml.safe_load(edited) or {}) == target:
            return edited
    except yaml.YAMLError:
        pass
    raise UsageError(
        f"{where}: cannot remove {key!r} without changing other parts of the file",
        fix="Remove it by hand.",
    )


def line_of(text: str, key: str) -> int:
    """The line of a top-level key, counted from 1; 0 if there is none."""
    pair = _find(text, key)
    return pair[0].start_mark.line + 1 if pair else 0


def _means(candidate: str, text: str, key: str, value: Any, below: str) -> bool:
    """Whether `candidate` has `value` for the key, and is otherwise equal to `text`."""
    try:
        before, after = yaml.safe_load(text) or {}, yaml.safe_load(candidate)
        within = {**(before[below] if below else before), key: value}
        target = {name: item for name, item in within.items() if name != key or item is not None}
        return bool(after == ({**before, below: target} if below else target))
    except yaml.YAMLError:
        return False


def _candidates(
    text: str, key: str, value: Any, identity: Callable[[Any], str], below: str
) -> Iterator[str]:
    """Candidates for the new text, the one with the fewest changes first."""
    pair = _find(text, key, below)
    if pair is None:
        yield text if value is None else _with_key(text, key, value, below)
        return
    name, node = pair
    if value is None:
        yield _apply(text, [(_line_start(text, name), _line_end(text, node), "")])
    elif isinstance(value, dict):
        if isinstance(node, yaml.MappingNode) and not node.flow_style:
            yield _apply(text, list(_entry_splices(text, node, value)))
        yield _apply(text, [_scalar_splice(text, node, f" {_flow(value)}")])
    elif isinstance(value, list) and _is_block_list(node):
        yield _apply(text, _list_splices(text, name, node, value, identity))
        first = text.rfind("\n", 0, node.start_mark.index)
        yield _apply(text, [(first, _end(text, node), _block(value, node.start_mark.column))])
    else:
        block = isinstance(value, list) and node.value == []
        yield _apply(
            text, [_scalar_splice(text, node, _block(value, 2) if block else f" {_flow(value)}")]
        )


def _with_key(text: str, key: str, value: Any, below: str) -> str:
    """`text` with a new key, as the last one."""
    if not below:
        return f"{text}{key}:{_block(value, 2)}\n"
    pair = _find(text, below)
    node = pair[1] if pair else None
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        return text
    column, end = node.start_mark.column, _line_end(text, node)
    block = _block(value, column + 2)
    return _apply(text, [(end, end, f"{' ' * column}{key}:{block}\n")])


def _find(text: str, key: str, below: str = "") -> tuple[yaml.Node, yaml.Node] | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if below:
        pair = _find(text, below)
        root = pair[1] if pair else None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next(((name, node) for name, node in pairs if name.value == key), None)


def _entry_splices(
    text: str, node: yaml.MappingNode, target: Mapping[str, Any]
) -> Iterator[Splice]:
    """Removes entries with their lines, changes entries in place, and adds new ones at the end."""
    left = dict(target)
    for name, entry in node.value:
        value = left.pop(name.value, None)
        if value is None:
            yield _line_start(text, name), _line_end(text, entry), ""
        elif isinstance(entry, yaml.MappingNode):
            yield from _mapping_splices(text, entry, value)
    if left:
        end, column = _line_end(text, node), node.start_mark.column
        yield end, end, _block(left, column)[1:] + "\n"


def _is_block_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and not node.flow_style


def _list_splices(
    text: str, name: yaml.Node, node: yaml.Node, target: list[Any], identity: Callable[[Any], str]
) -> list[Splice]:
    """Removes items with their lines, changes items in place, and adds new ones at the end."""
    pairs, left = _paired(node, target, identity)
    splices: list[Splice] = []
    for item_node, item in pairs:
        if item is None:
            splices.append((_line_start(text, item_node), _line_end(text, item_node), ""))
        elif _plain(item_node) == item:
            continue
        elif isinstance(item, dict) and isinstance(item_node, yaml.MappingNode):
            splices += _mapping_splices(text, item_node, item)
        else:
            splices.append(_scalar_splice(text, item_node, f" {_flow(item)}"))
    if left:
        end = _line_end(text, node.value[-1])
        splices.append((end, end, _block(left, node.start_mark.column)[1:] + "\n"))
    elif not target:
        colon = text.index(":", name.end_mark.index) + 1
        splices.append((colon, colon, " []"))
    return splices


def _paired(
    node: yaml.Node, target: list[Any], identity: Callable[[Any], str]
) -> tuple[list[tuple[yaml.Node, Any]], list[Any]]:
    """Each item of a list with its new value (None: remove it), and the items to add.

    Unchanged items are paired first: others may have the same identity, or none.
    """
    left, pairs = list(target), dict[int, Any]()
    for same in (False, True):
        for index, item_node in enumerate(node.value):
            plain = _plain(item_node)
            alike = (one for one in left if one == plain or (same and _alike(identity, one, plain)))
            if index not in pairs and (item := next(alike, None)) is not None:
                pairs[index] = item
                left.remove(item)
    return [(one, pairs.get(index)) for index, one in enumerate(node.value)], left


def _alike(identity: Callable[[Any], str], one: Any, other: Any) -> bool:
    return bool(identity(one)) and identity(one) == identity(other)


def _mapping_splices(text: str, node: yaml.Node, target: Mapping[str, str]) -> Iterator[Splice]:
    present = {name.value: value for name, value in node.value}
    for key, value in target.items():
        if key not in present:
            end = _line_end(text, node)
            yield end, end, " " * node.start_mark.column + f"{key}: {_flow(value)}\n"
        elif _plain(present[key]) != value:
            yield _scalar_splice(text, present[key], f" {_flow(value)}")


def _scalar_splice(text: str, node: yaml.Node, new: str) -> Splice:
    """Starts at the blanks before the value, since an empty value is right after the colon."""
    start = node.start_mark.index
    while text[start - 1] == " ":
        start -= 1
    return start, max(start, _end(text, node)), new


def _apply(text: str, splices: list[Splice]) -> str:
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _plain(node: yaml.Node) -> Any:
    """The node as data; sufficient for texts, and lists and mappings of them."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    if isinstance(node, yaml.MappingNode):
        return {name.value: _plain(value) for name, value in node.value}
    return node.value


def _end(text: str, node: yaml.Node) -> int:
    """The end of its last value. The end mark of a block is after the comments that follow it."""
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
    """The text after the colon: a scalar on the same line, a list or mappings on the lines below."""
    if isinstance(value, dict) and value:
        lines = []
        for key, entry in value.items():
            lines.append(f"{' ' * column}{key}:")
            lines += [f"{' ' * (column + 2)}{k}: {_flow(v)}" for k, v in entry.items()]
        return "".join(f"\n{line}" for line in lines)
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
    """The value on one line, in quotes if YAML needs them."""
    text = yaml.safe_dump(
        [value], default_flow_style=True, allow_unicode=True, width=2**30, sort_keys=False
    )
    return str(text).strip()[1:-1]
