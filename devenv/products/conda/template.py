"""Renders Jinja in a meta.yaml line by line, with conda-build's functions.

Values that are known only during the build (compilers, pins, the hash) stay expressions of recipe.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

from jinja2 import TemplateSyntaxError, Undefined, UndefinedError
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from devenv.core.errors import UsageError
from devenv.products.conda.selectors import Line

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_EXPRESSION = re.compile(f"{_OPEN}x(\\d+){_CLOSE}")

_SHELL = (
    "PREFIX",
    "BUILD_PREFIX",
    "SRC_DIR",
    "RECIPE_DIR",
    "SP_DIR",
    "STDLIB_DIR",
    "PYTHON",
    "CPU_COUNT",
)
"""Variables of the build that a recipe may use in its scripts, where the shell expands them."""


class _MissingValue(Undefined):
    """False in conditions, and an error where its value is used."""

    def __str__(self) -> str:
        return str(self._fail_with_undefined_error())


class _Environ(dict[str, str]):
    """The variables of the process. An unset one is a missing value, never the text ``None``."""

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            return self[key]
        return _unset(key) if default is None else default

    def __missing__(self, key: str) -> _MissingValue:
        return _unset(key)


def _unset(key: str) -> _MissingValue:
    return _MissingValue(hint=f"the environment variable {key} is not set")


class Expressions:
    """The expressions that are kept. Each is represented by a token in the rendered text."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def token(self, expression: str) -> str:
        """Keep an expression, and return the token that represents it."""
        self._found.append(expression)
        return f"{_OPEN}x{len(self._found) - 1}{_CLOSE}"

    def restore(self, data: Any) -> Any:
        """The data with every token replaced by ``${{ … }}``."""
        if isinstance(data, str):
            return _EXPRESSION.sub(lambda m: "${{ " + self._found[int(m[1])] + " }}", data)
        if isinstance(data, list):
            return [self.restore(one) for one in data]
        if isinstance(data, dict):
            return {key: self.restore(one) for key, one in data.items()}
        return data


def render(
    text: str, names: Mapping[str, Any], environ: Mapping[str, str], path: str
) -> tuple[list[Line], Expressions]:
    """The lines of a template, each with its number in the file.

    names: variables. UsageError, with the line, for undefined or unset variables and invalid Jinja.
    """
    expressions = Expressions()
    environment = SandboxedEnvironment(undefined=_MissingValue)
    environment.globals.update(_functions(expressions.token))
    known = _Environ(environ)
    values = {"environ": known, "os": SimpleNamespace(environ=known), **names}
    values |= {name: f"${name}" for name in _SHELL if name not in names}
    values["PKG_HASH"] = expressions.token("hash")
    try:
        rendered = environment.from_string(_marked(text)).render(values)
    except (TemplateError, TypeError, ValueError, AttributeError, SecurityError) as error:
        _refuse(error, path)
    return _numbered(rendered), expressions


def set_literals(text: str) -> dict[str, str]:
    """The variables that are set to literal strings, in order: ``{% set version = "1.0" %}``."""
    matches = re.findall(r"\{%-?\s*set\s+(\w+)\s*=\s*([\"'])([^\"'{}\\]*)\2\s*-?%\}", text)
    return {name: value for name, _, value in matches}


def with_literal(text: str, name: str, value: str) -> str:
    """The text with another value for a variable of `set_literals`."""
    pattern = rf"(\{{%-?\s*set\s+{re.escape(name)}\s*=\s*)([\"'])[^\"'{{}}\\]*\2"
    return re.sub(pattern, lambda m: f'{m[1]}"{value}"', text)


def _marked(text: str) -> str:
    """The text with a mark at the end of each line that does not end within a tag of Jinja."""
    lines, depth = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        depth += len(re.findall(r"\{[{%#]", line)) - len(re.findall(r"[}%#]\}", line))
        lines.append(line if depth > 0 else f"{line}{_OPEN}{number}{_CLOSE}")
    return "\n".join(lines)


def _numbered(rendered: str) -> list[Line]:
    lines, last = [], 1
    for line in rendered.split("\n"):
        numbers = _MARK.findall(line)
        last = int(numbers[0]) if numbers else last
        lines.append((last, _MARK.sub("", line).rstrip()))
    return lines


def _refuse(error: Exception, path: str) -> NoReturn:
    line = error.lineno if isinstance(error, TemplateSyntaxError) else _line_of(error)
    what = str(getattr(error, "message", None) or error)
    fix = "Set the variable, or give the recipe a default."
    if "environment variable" in what:
        name = what.split()[-4]
        fix = f"Set it: export {name}=…, or --variant {name}=…"
    elif isinstance(error, UndefinedError):
        fix = "Name its value: --variant NAME=VALUE, or a conda_build_config.yaml."
    raise UsageError(f"{path}, line {line}: {what}", fix=fix) from None


def _line_of(error: BaseException) -> int:
    """The line of the template that raised the error. Jinja rewrites tracebacks to these lines."""
    line, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename in ("<template>", "<unknown>"):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _functions(token: Callable[[str], str]) -> dict[str, Callable[..., str]]:
    def call(function: str) -> Callable[[str], str]:
        return lambda what: token(f"{function}({_quoted(what)})")

    def pin(function: str) -> Callable[..., str]:
        def pinned(name: str, *args: Any, **kwargs: Any) -> str:
            given = dict(
                zip(("lower_bound", "upper_bound", "min_pin", "max_pin"), args, strict=False)
            )
            words = [_quoted(name), *_bounds({**given, **kwargs})]
            return token(f"{function}({', '.join(words)})")

        return pinned

    return {
        "compiler": call("compiler"),
        "stdlib": call("stdlib"),
        "cdt": call("cdt"),
        "pin_compatible": pin("pin_compatible"),
        "pin_subpackage": pin("pin_subpackage"),
    }


def pin(name: str, bounds: Mapping[str, Any]) -> str:
    """An expression that pins to the version in the host environment. bounds: in conda-build's terms."""
    return "${{ pin_compatible(" + ", ".join([_quoted(name), *_bounds(bounds)]) + ") }}"


def _bounds(given: Mapping[str, Any]) -> list[str]:
    """The bounds of a pin in recipe.yaml's terms; a version takes precedence over a pattern."""
    lower = given.get("lower_bound") or given.get("min_pin")
    upper = given.get("upper_bound") or given.get("max_pin")
    words = [f"lower_bound={_quoted(lower)}"] if lower else []
    words += [f"upper_bound={_quoted(upper)}"] if upper else []
    return [*words, "exact=True"] if given.get("exact") else words


def _quoted(value: Any) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
