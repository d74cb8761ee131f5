"""Reads YAML into plain data, or raises one error with the place and the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from devenv.core.errors import UsageError

_Loader = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # libyaml's if PyYAML has it: 10 times faster


def read_yaml(path: Path, what: str, fix: str) -> Any:
    """The data in a YAML file; UsageError if it cannot be read or is not valid.

    what, fix: for the message: the kind of file, and what to do if it cannot be read.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not valid UTF-8"
        raise UsageError(f"cannot read the {what} {path}: {reason}", fix=fix) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, where: str) -> Any:
    """The data in a YAML text; UsageError with the line for invalid YAML or a key given twice."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_duplicates(node, where, set())
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise UsageError(f"{where} is not valid YAML: {_reason(error)}", fix=_FIX) from None
    finally:
        loader.dispose()


_FIX = "Fix that line; indentation is two spaces, and text with ': ' or ' #' in it needs quotes."


def _refuse_duplicates(node: yaml.Node, where: str, seen: set[int]) -> None:
    """PyYAML uses the last of two equal keys, and silently drops the first."""
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in names:
                line = key.start_mark.line + 1
                raise UsageError(
                    f"{where}, line {line}: duplicate key {key.value!r}",
                    fix="Keep one of the two.",
                )
            names.add(str(key.value))
            _refuse_duplicates(value, where, seen)
    else:
        for item in node.value:
            _refuse_duplicates(item, where, seen)


def _reason(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)
