"""Is a model what its sources say? Told without what builds one, which takes long to import."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.core.content import READ_SUFFIXES, folders_digest
from devenv.core.environment import Generation
from devenv.system import files


def inputs_of(folders: Iterable[str]) -> str:
    """The hash of all that is in these folders now, as BuiltModel.inputs has it."""
    return folders_digest((path, files.read_folder(path, READ_SUFFIXES)) for path in folders)


def stale(generation: Generation, name: str = "") -> str:
    """Why the generation's model is not what its sources say now; empty where it is.

    name: of a further model, empty for the environment's own.
    """
    if not generation.wants_model:
        return ""
    model = generation.model
    if name:
        model = next((one.model for one in generation.further if one.name == name), None)
    if model is None:
        return f"its model {name} was never built" if name else "its model was never built"
    if not Path(model.path).exists():
        return "its model is not in the store any more"
    lost = [path for path in model.folders if not Path(path).is_dir()]
    if lost:
        return f"the folder {lost[0]} of its model is gone"
    unchanged = inputs_of(model.folders) == model.inputs
    return "" if unchanged else "mechanisms changed since the last build"
