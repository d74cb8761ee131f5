"""Archives that recipes take from the package index, for a mirror that Spack reads from a folder.

Spack asks the index's file server by itself, which a closed network may not let through while pip has an
index that answers. What pip brings is the same archive: the recipe's own checksum says so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# Recipes that take a wheel do so by a URL of this form, and not by `pypi`.
_WHEELS = "/packages/py"


@dataclass(frozen=True)
class Archive:
    """A release on the package index. sha256: as the recipe has it. wheel: no source release."""

    project: str
    version: str
    sha256: str
    wheel: bool = False

    @property
    def requirement(self) -> str:
        return f"{self.project}=={self.version}"

    def place(self, suffix: str) -> str:
        """Where Spack looks for it in a mirror. suffix: of the file, without its first dot."""
        return f"_source-cache/archive/{self.sha256[:2]}/{self.sha256}.{suffix}"


def suffix_of(name: str) -> str:
    """The suffix of an archive's file name, as Spack takes it: ``tar.gz``, ``whl``."""
    tail = name.rpartition(".tar.")
    return f"tar.{tail[2]}" if tail[1] else name.rpartition(".")[2]


def archive_of(text: str, version: str) -> Archive | None:
    """What the recipe `text` takes for `version`; None for what comes from elsewhere, or is unknown."""
    tree = ast.parse(text)
    names = dict(_assigned(tree))
    sha256 = next((sha for known, sha in _versions(tree) if known == version), "")
    project = names.get("pypi", "").partition("/")[0]
    wheel = not project and _WHEELS in names.get("url", "")
    if wheel:
        project = names["url"].rpartition("/")[2].partition("-")[0]
    return Archive(project, version, sha256, wheel) if project and sha256 else None


def _assigned(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Name -> text of what the classes of a recipe say, `url` and `pypi` among them."""
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
