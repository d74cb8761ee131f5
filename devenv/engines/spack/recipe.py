"""What a Spack recipe's text says about other packages. Read from its syntax tree, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]*")
# A spec begins with a name, and names others after ^ and %, or as `virtual=provider`.
_IN_SPEC = re.compile(r"(?:%%?[\w,-]+=|[\^%]\s*\[[^\]]*\]|^|\^|%)\s*([a-z0-9_][a-z0-9_.-]*)")
_OF_PACKAGES = re.compile(r"spack_repo\.\w+\.packages\.(\w+)")
_OF_SYSTEMS = re.compile(r"spack_repo\.\w+\.build_systems\.(\w+)")


@dataclass(frozen=True)
class Dependency:
    """A package or a virtual that a recipe names. when: under which condition, "" where it cannot be
    read from the text. beginning: `name` is only how the name begins.
    """

    name: str
    when: str = ""
    beginning: bool = False


@dataclass(frozen=True)
class Recipe:
    """What a recipe may bring in: more than it will, never less.

    provides: virtuals. mentioned: packages of which it names a variant, wherever it does: Spack looks
    that up, so their recipes must be there. packages, systems: modules of recipes and of build systems
    that it imports, whose directives count as its own.
    """

    dependencies: frozenset[Dependency] = frozenset()
    provides: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()


def read_recipe(text: str) -> Recipe:
    """What the text of a package.py, or of a module of build systems, says.

    Where a name is not written out, every string of the text counts as one. What is needed for tests
    alone is left out: Spack weighs it up only where tests are asked for. SyntaxError for a text that is
    no Python.
    """
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call for call in calls if _called(call) in ("depends_on", "extends")]
    needed = {one for call in named if not _for_tests(call) for one in _dependencies(call)}
    if any(_called(call) == "extends" for call in calls):
        needed.add(Dependency("python-venv"))  # which Spack adds for extensions of Python
    if any(not _written_out(call) for call in named):
        needed |= {Dependency(name) for string in _strings(tree) for name in names_in(string)}
    provided = (call for call in calls if _called(call) == "provides")
    modules = "\n".join(_imported(tree))
    return Recipe(
        frozenset(needed),
        frozenset(name for call in provided for text in _texts(call) for name in names_in(text)),
        frozenset(name for text in _strings(tree) for name in _with_variants(text)),
        frozenset(_OF_PACKAGES.findall(modules)),
        frozenset(_OF_SYSTEMS.findall(modules)),
    )


def names_in(spec: str) -> tuple[str, ...]:
    """Names of packages in a spec: ``hdf5+mpi ^zlib %gcc`` gives hdf5, zlib and gcc."""
    return tuple(name.rstrip(".") for name in _IN_SPEC.findall(spec.strip()))


def stub(text: str) -> str:
    """The recipe `text` without its dependencies and conflicts, for no platform that devenv runs on.

    Spack can look up its variants, and never takes part of it into account.
    """
    tree = ast.parse(text)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    package = next((one for one in classes if _has_directives(one)), None)
    if package is None:
        return text
    first = _first_line(classes[0])
    # Behind a docstring, which would be none with a directive before it, and decorators read it.
    body = package.body[1 if ast.get_docstring(package) is not None and package.body[1:] else 0]
    lines = text.splitlines(keepends=True)
    lines.insert(_first_line(body) - 1, f"{' ' * body.col_offset}{_NOWHERE}\n")
    return "".join([*lines[: first - 1], _NOTHING, *lines[first - 1 :]])


def _first_line(statement: ast.stmt) -> int:
    """The line that it begins in: that of its first decorator where it has any."""
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
    names = {_called(call) for call in calls if isinstance(call, ast.Call)}
    return bool(names & {"version", "variant", "license", "maintainers", "depends_on"})


def contradicts(when: str, settled: str) -> bool:
    """Whether `when` cannot hold for a package with what `settled` says of its variants.

    Both as Spack writes them: ``@2: +reports platform=linux``. Judged by switches of the package itself
    that both name, and by the platform: other variants may have several values at once.
    """
    asked, given = _variants(when), _variants(settled)
    return any(given.get(name, value) != value for name, value in asked.items())


def _with_variants(text: str) -> tuple[str, ...]:
    """Names in a spec that a variant follows: ``^hdf5+mpi``, ``binutils libs=static``."""
    if not 2 < len(text) < _LONGEST or "\n" in text:
        return ()
    pieces = re.split(r"(?=[\^%])", text.strip())
    return tuple(n for p in pieces if re.search(r"[+~=]", p) for n in names_in(p))


# Longer strings are no specs.
_LONGEST = 300


def _variants(spec: str) -> dict[str, str]:
    own = re.split(r"[\^%]", spec)[0]
    switches = {name: sign for sign, name in re.findall(r"([+~])\s*([A-Za-z_]\w*)", own)}
    platform = re.findall(r"(?:^|\s)(platform)=(\w+)", own)
    return {**switches, **dict(platform)}


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(call: ast.Call) -> list[str]:
    """The arguments that are written out."""
    values = (a.value for a in call.args if isinstance(a, ast.Constant))
    return [value for value in values if isinstance(value, str)]


def _keyword(call: ast.Call, name: str) -> str:
    value = next((k.value for k in call.keywords if k.arg == name), None)
    found = value.value if isinstance(value, ast.Constant) else ""
    return found if isinstance(found, str) else ""


def _for_tests(call: ast.Call) -> bool:
    return _keyword(call, "type") == "test"


def _dependencies(call: ast.Call) -> Iterator[Dependency]:
    when = _keyword(call, "when")
    for text in _texts(call)[:1]:
        yield from (Dependency(name, when) for name in names_in(text))
    head = _head(call)
    if head:
        yield Dependency(head, when, beginning=not _written_out(call))


def _head(call: ast.Call) -> str:
    """The name that an f-string begins with, or its beginning."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.JoinedStr) or not first.values:
        return ""
    head = first.values[0]
    name = _NAME.match(str(head.value)) if isinstance(head, ast.Constant) else None
    return name[0] if name else ""


def _written_out(call: ast.Call) -> bool:
    """Whether the text holds the whole name of the package."""
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
            # Inside of build_systems: `from .cmake import …`.
            yield f"spack_repo.builtin.build_systems.{node.module or ''}"
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
