"""Archives that recipes take from the package index, for a mirror in a local folder.

Spack downloads directly from the index's file server, which a closed network may block even if pip has
an index that works. pip fetches the same archive, which the checksum in the recipe verifies.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# Recipes that use a wheel have a URL of this form instead of `pypi`.
_WHEELS = "/packages/py"


@dataclass(frozen=True)
class Archive:
    """A release on the package index. sha256: from the recipe. wheel: whether it is a wheel."""

    project: str
    version: str
    sha256: str
    wheel: bool = False

    @property
    def requirement(self) -> str:
        """The release as a requirement for pip: ``PROJECT==VERSION``."""
        return f"{self.project}=={self.version}"

    def place(self, suffix: str) -> str:
        """The path where Spack looks for it in a mirror. suffix: of the file, without the first dot."""
        return f"_source-cache/archive/{self.sha256[:2]}/{self.sha256}.{suffix}"


def suffix_of(name: str) -> str:
    """The suffix of an archive's file name in Spack's form: ``tar.gz``, ``whl``."""
    tail = name.rpartition(".tar.")
    return f"tar.{tail[2]}" if tail[1] else name.rpartition(".")[2]


def archive_of(text: str, version: str) -> Archive | None:
    """The archive of `version` in the recipe `text`; None if unknown or not on the package index."""
    tree = ast.parse(text)
    names = dict(_assigned(tree))
    sha256 = next((sha for known, sha in _versions(tree) if known == version), "")
    project = names.get("pypi", "").partition("/")[0]
    wheel = not project and _WHEELS in names.get("url", "")
    if wheel:
        project = names["url"].rpartition("/")[2].partition("-")[0]
    return Archive(project, version, sha256, wheel) if project and sha256 else None


def _assigned(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(name, text) of the string attributes of a recipe's classes, such as `url` and `pypi`."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in (node for one in classes for node in one.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value.value


def _versions(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = node.args[0] if node.args else None
            if node.func.id == "version" and isinstance(first, ast.Constant):
                keywords = {k.arg: k.value for k in node.keywords}
                sha = keywords.get("sha256")
                if isinstance(sha, ast.Constant):
                    yield str(first.value), str(sha.value)
