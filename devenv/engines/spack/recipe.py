"""Extracts dependencies from the text of a Spack recipe, by its syntax tree. Never executes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]*")
# A spec starts with a package name. Other names follow ^ or %, or occur as `virtual=provider`.
_IN_SPEC = re.compile(r"(?:%%?[\w,-]+=|[\^%]\s*\[[^\]]*\]|^|\^|%)\s*([a-z0-9_][a-z0-9_.-]*)")
_OF_PACKAGES = re.compile(r"spack_repo\.\w+\.packages\.(\w+)")
_OF_SYSTEMS = re.compile(r"spack_repo\.\w+\.build_systems\.(\w+)")


@dataclass(frozen=True)
class Dependency:
    """A package or virtual that a recipe depends on. when: its condition, or "" if the text does not
    show it. beginning: whether `name` is only a prefix of the name.
    """

    name: str
    when: str = ""
    beginning: bool = False


@dataclass(frozen=True)
class Recipe:
    """The packages that a recipe may involve: possibly too many, never too few.

    provides: virtuals. mentioned: packages of which the recipe names a variant anywhere. Spack looks
    variants up, so their recipes must exist. packages, systems: modules of recipes and build systems
    that it imports, whose directives it inherits.
    """

    dependencies: frozenset[Dependency] = frozenset()
    provides: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()


def read_recipe(text: str) -> Recipe:
    """Read the text of a package.py, or of a build system module.

    If a name is computed, every string in the text counts as a name. Test dependencies are left out:
    Spack considers them only if tests are requested. SyntaxError if the text is not valid Python.
    """
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call for call in calls if _function_name(call) in ("depends_on", "extends")]
    needed = {one for call in named if not _for_tests(call) for one in _dependencies(call)}
    if any(_function_name(call) == "extends" for call in calls):
        needed.add(Dependency("python-venv"))  # which Spack adds for extensions of Python
    if any(not _is_literal(call) for call in named):
        needed |= {Dependency(name) for string in _strings(tree) for name in names_in(string)}
    provided = (call for call in calls if _function_name(call) == "provides")
    modules = "\n".join(_imported(tree))
    return Recipe(
        frozenset(needed),
        frozenset(name for call in provided for text in _texts(call) for name in names_in(text)),
        frozenset(name for text in _strings(tree) for name in _with_variants(text)),
        frozenset(_OF_PACKAGES.findall(modules)),
        frozenset(_OF_SYSTEMS.findall(modules)),
    )


def names_in(spec: str) -> tuple[str, ...]:
    """The package names in a spec: ``hdf5+mpi ^zlib %gcc`` gives hdf5, zlib and gcc."""
    return tuple(name.rstrip(".") for name in _IN_SPEC.findall(spec.strip()))


def stub(text: str) -> str:
    """The recipe `text` without dependencies and conflicts, for a platform on which devenv does not run.

    Spack can look up its variants, and never chooses it.
    """
    tree = ast.parse(text)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    package = next((one for one in classes if _has_directives(one)), None)
    if package is None:
        return text
    first = _first_line(classes[0])
    # After the docstring: with a directive before it, it would not be one, and decorators read it.
    body = package.body[1 if ast.get_docstring(package) is not None and package.body[1:] else 0]
    lines = text.splitlines(keepends=True)
    lines.insert(_first_line(body) - 1, f"{' ' * body.col_offset}{_NOWHERE}\n")
    return "".join([*lines[: first - 1], _NOTHING, *lines[first - 1 :]])


def _first_line(statement: ast.stmt) -> int:
    """The first line of a statement, including its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


_NOWHERE = 'requires("platform=windows")'
_NOTHING = """
def _nothing(*_arguments, **_keywords):
    pass


depends_on = extends = provides = conflicts = patch = resource = _nothing


"""


def _has_directives(node: ast.ClassDef) -> bool:
    calls = (one.value for one in node.body if isinstance(one, ast.Expr))
    names = {_function_name(call) for call in calls if isinstance(call, ast.Call)}
    return bool(names & {"version", "variant", "license", "maintainers", "depends_on"})


def contradicts(when: str, fixed: str) -> bool:
    """Whether the condition `when` cannot hold for a package with the variants `fixed`.

    Both are in Spack's syntax: ``@2: +reports platform=linux``. Only boolean variants of the package
    itself and the platform are compared, since other variants may have several values at once.
    """
    condition, given = _variants(when), _variants(fixed)
    return any(given.get(name, value) != value for name, value in condition.items())


def _with_variants(text: str) -> tuple[str, ...]:
    """The names in a spec that have a variant: ``^hdf5+mpi``, ``binutils libs=static``."""
    if not 2 < len(text) < _LONGEST or "\n" in text:
        return ()
    pieces = re.split(r"(?=[\^%])", text.strip())
    return tuple(n for p in pieces if re.search(r"[+~=]", p) for n in names_in(p))


# Longer strings are not specs.
_LONGEST = 300


def _variants(spec: str) -> dict[str, str]:
    own = re.split(r"[\^%]", spec)[0]
    switches = {name: sign for sign, name in re.findall(r"([+~])\s*([A-Za-z_]\w*)", own)}
    platform = re.findall(r"(?:^|\s)(platform)=(\w+)", own)
    return {**switches, **dict(platform)}


def _function_name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(call: ast.Call) -> list[str]:
    """The arguments that are string literals."""
    values = (a.value for a in call.args if isinstance(a, ast.Constant))
    return [value for value in values if isinstance(value, str)]


def _keyword(call: ast.Call, name: str) -> str:
    value = next((k.value for k in call.keywords if k.arg == name), None)
    constant = value.value if isinstance(value, ast.Constant) else ""
    return constant if isinstance(constant, str) else ""


def _for_tests(call: ast.Call) -> bool:
    return _keyword(call, "type") == "test"


def _dependencies(call: ast.Call) -> Iterator[Dependency]:
    when = _keyword(call, "when")
    for text in _texts(call)[:1]:
        yield from (Dependency(name, when) for name in names_in(text))
    head = _head(call)
    if head:
        yield Dependency(head, when, beginning=not _is_literal(call))


def _head(call: ast.Call) -> str:
    """The name, or the prefix of a name, at the start of an f-string."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.JoinedStr) or not first.values:
        return ""
    head = first.values[0]
    name = _NAME.match(str(head.value)) if isinstance(head, ast.Constant) else None
    return name[0] if name else ""


def _is_literal(call: ast.Call) -> bool:
    """Whether the whole name of the package is literal text."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.JoinedStr) and first.values:
        head = first.values[0]
        return isinstance(head, ast.Constant) and _head(call) not in ("", str(head.value))
    return isinstance(first, ast.Constant)


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            # Within build_systems: `from .cmake import …`.
            yield f"spack_repo.builtin.build_systems.{node.module or ''}"
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
