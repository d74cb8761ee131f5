"""Builds a cell: its key, and the steps that fill a staging folder with its packages."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.content import digest
from devenv.core.plan import Copy, MakeFolder, Step, Write
from devenv.products.conda import engine
from devenv.products.conda.cells import CondaCell
from devenv.products.conda.rendering import one_variant

PACKAGES, RECIPE = "packages", "recipe"
"""Folders of a built cell: a channel with its packages, and the recipe as it was built."""
ANSWER = "answer.json"
"""In a built cell: the metadata of its packages."""
_PREAMBLE = Path(__file__).with_name("preamble.sh")
_FORMAT = "4"


@dataclass(frozen=True)
class Order:
    """Options of a build. channels: addresses, in descending priority.

    priority: strict or disabled. compression: of packages, 1 to 22.
    base: the modules that are loaded before.
    """

    platform: str
    channels: tuple[str, ...]
    priority: str = "strict"
    compression: int = 9
    base: str = ""


def key_of(cell: CondaCell, order: Order, sources: Mapping[str, str], dependencies: str) -> str:
    """The digest of all inputs of a cell's packages.

    sources: path -> digest of the recipe's folder and of local sources. dependencies: the digest of the
    packages that it could be built against.
    """
    data = {
        "recipe": cell.recipe,
        "variant": dict(cell.variant),
        "outputs": [output.place for output in cell.outputs],
        "order": [order.platform, order.channels, order.priority, order.compression, order.base],
        "sources": dict(sources),
    }
    text = json.dumps(data, sort_keys=True)
    return digest(_FORMAT, engine.versions(), text, dependencies)


def steps(
    cell: CondaCell, order: Order, entries: Sequence[str], staging: str, log: Path
) -> tuple[Step, ...]:
    """The steps that build the packages of a cell below `staging`.

    entries: the names in the recipe's folder. For a meta.yaml, the folder is copied, and the converted
    recipe is added.
    """
    folder, root = Path(cell.path).parent, Path(staging)
    question, answer = root / "request.json", root / ANSWER
    copies = [Copy(str(folder / name), str(root / RECIPE / name)) for name in entries]
    empty = _may_be_empty(cell, entries)
    expected = [{"place": output.place, "empty": empty} for output in cell.outputs]
    request = {**_request(cell, order, root), "expected": expected}
    return (
        MakeFolder(str(root / RECIPE)),
        *(copies if cell.recipe is not None else ()),
        Write(str(question), json.dumps(request)),
        engine.step("build", question, answer, title=f"building {cell.title}", log=log),
    )


def _request(cell: CondaCell, order: Order, root: Path) -> dict[str, Any]:
    return {
        "recipe": None if cell.recipe is None else located(cell.recipe, Path(cell.path).parent),
        "path": cell.path,
        "folder": str(root / RECIPE),
        **one_variant(cell.variant),
        "platform": order.platform,
        "channels": list(order.channels),
        "priority": order.priority,
        "compression": order.compression,
        "output": str(root / PACKAGES),
    }


def located(recipe: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The recipe with the path of its folder in local sources, and as RECIPE_DIR for its scripts."""
    result: dict[str, Any] = json.loads(json.dumps(recipe))
    for part in (result, *result.get("outputs", ())):
        for source in part.get("source", ()):
            if "path" in source:
                source["path"] = str(folder / source["path"])
        build = part.get("build", {})
        if "script" in build:
            build["script"] = _script(build["script"], build.get("dynamic_linking", {}), folder)
    return result


def _script(script: Mapping[str, Any], linking: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The script after the preamble, which fixes scripts of wheels and records libraries of the host."""
    own = [f'. "$RECIPE_DIR/{script["file"]}"'] if "file" in script else script["content"]
    env = {
        **script.get("env", {}),
        "RECIPE_DIR": str(folder),
        "DEVENV_PYTHON": sys.executable,
        "DEVENV_HOST": "1" if linking.get("rpath_allowlist") else "",
    }
    content = [f". {shlex.quote(str(_PREAMBLE))}", *own]
    kept = {key: one for key, one in script.items() if key == "secrets"}
    return {**kept, "content": content, "env": env}


def _may_be_empty(cell: CondaCell, entries: Sequence[str]) -> bool:
    """Whether a package may have no files: a recipe without a build makes a metapackage."""
    if cell.recipe is None:
        return "build.sh" not in entries and "script" not in Path(cell.path).read_text("utf-8")
    parts = cell.recipe.get("outputs", [cell.recipe])
    return not any("script" in part.get("build", {}) or "inherit" in part for part in parts)
