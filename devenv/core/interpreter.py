"""The Python that an environment stands on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interpreter:
    """A Python: the path of its executable, and its full version (``3.11.7``)."""

    path: str
    version: str

    @property
    def site(self) -> str:
        """Where a virtual environment of it keeps its packages, relative to the environment."""
        return f"lib/python{'.'.join(self.version.split('.')[:2])}/site-packages"

    def fits(self, request: str) -> bool:
        """Whether it is what a template asks for: a version (``3.11``) or a specifier (``>=3.10``)."""
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(f"=={request}.*" if request[:1].isdigit() else request).contains(
            self.version, prereleases=True
        )
