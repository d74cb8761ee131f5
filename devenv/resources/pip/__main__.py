"""The pip of an environment that devenv made: it shows what is installed, and changes nothing.

The environment's own Python runs it, in any version that NEURON supports: it uses only the standard
library.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Carry out list, freeze, show or --version; refuse everything else. Returns the exit code."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command in ("list", "freeze"):
        sys.stdout.write("".join(f"{name}=={version}\n" for name, version in installed()))
        return 0
    if command == "show":
        wanted = [plain(word) for word in arguments if word != command and word[:1] != "-"]
        found = [(name, version) for name, version in installed() if plain(name) in wanted]
        print("\n---\n".join(f"Name: {name}\nVersion: {version}" for name, version in found))
        return 0 if found else 1
    if not command and {"--version", "-V"} & set(arguments):
        print(f"pip of devenv, which only reads, from {Path(__file__).parent} ({sys.version[:4]})")
        return 0
    return refuse(command)


def installed() -> list[tuple[str, str]]:
    """(name, version) of each distribution that this Python finds, sorted by name."""
    found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    return sorted(found.items(), key=lambda item: item[0].lower())


def plain(name: str) -> str:
    """A name for comparisons: lower case, with hyphens."""
    return name.lower().replace("_", "-").replace(".", "-")


def refuse(command: str) -> int:
    """Refuse a command that would change packages which other environments use too. Returns 1."""
    name = os.environ.get("DEVENV_ENV", "NAME")
    home = Path(sys.prefix).parent.parent
    print(
        f"devenv: error: 'pip {command}' is refused: {sys.prefix} belongs to devenv, and every"
        " environment with the same packages uses it\n"
        f"  Write what you need under packages: in {home}/envs/{name}/environment.yaml,"
        f" then: devenv build {name}",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
