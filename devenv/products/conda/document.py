"""Reads the YAML of recipes: scalars as text, with the line of every entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from devenv.core.errors import UsageError
from devenv.products.conda.selectors import Line

Path = tuple[str | int, ...]
Lines = dict[Path, int]


def load(lines: Sequence[Line], path: str) -> tuple[dict[str, Any], Lines]:
    """The data in the lines, and the line of each entry in the file.

    Numbers are kept as written (3.10 is not 3.1). Booleans and null are converted. UsageError for
    invalid YAML, a duplicate key, and anything but a mapping.
    """
    text = "".join(f"{line}\n" for _, line in lines)
    numbers = [number for number, _ in lines] or [1]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = numbers[min(mark.line, len(numbers) - 1)] if mark else numbers[0]
        raise UsageError(f"{path}, line {line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not valid YAML: {error}") from None
    result: Lines = {}
    data = {} if root is None else _value(root, (), result, numbers, path)
    if not isinstance(data, dict):
        raise UsageError(f"{path}: not a mapping of sections", fix="Start it with package:.")
    return data, result


def _value(node: yaml.Node, at: Path, result: Lines, numbers: Sequence[int], path: str) -> Any:
    result[at] = numbers[min(node.start_mark.line, len(numbers) - 1)]
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*at, i), result, numbers, path) for i, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, result, numbers, path)
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    return node.value


def _mapping(
    node: yaml.MappingNode, at: Path, result: Lines, numbers: Sequence[int], path: str
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*at, key)
        line = numbers[min(key_node.start_mark.line, len(numbers) - 1)]
        if key in data:
            raise UsageError(
                f"{path}, line {line}: {key} is a duplicate, first in line {result[here]}",
                fix="Remove one of them, or give them selectors that exclude each other.",
            )
        data[key] = _value(value_node, here, result, numbers, path)
        result[here] = line
    return data
