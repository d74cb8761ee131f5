"""The Python interpreter of an environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter: the path of its executable, and its full version (``3.11.7``)."""

    path: str
    version: str

    @property
    def site(self) -> str:
        """The site-packages of a virtual environment, relative to its root."""
        return f"lib/python{'.'.join(self.version.split('.')[:2])}/site-packages"

    def fits(self, request: str) -> bool:
        """Whether it satisfies a template's version (``3.11``) or specifier (``>=3.10``)."""
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(f"=={request}.*" if request[:1].isdigit() else request).contains(
            self.version, prereleases=True
        )
