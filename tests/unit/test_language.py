"""Names of the package: each has one meaning."""

import ast
from collections import defaultdict
from pathlib import Path

import devenv

PACKAGE = Path(devenv.__file__).parent


def test_no_two_classes_share_a_name():
    places = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(PACKAGE)))
    assert len(places) > 200
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
