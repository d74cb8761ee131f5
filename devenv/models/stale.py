"""Whether a model is up to date with its sources.

It does not import the code that builds models, which takes long.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.core.activation import MODULE_OPTIONS
from devenv.core.content import READ_SUFFIXES, folders_digest, included_files
from devenv.core.environment import BuiltModel, Generation
from devenv.system import files, spack_prefix


def read_files(place: str) -> dict[str, bytes]:
    """Name -> content of the files in a folder of MOD files, or of the single MOD file `place`.

    It includes the files that these include from elsewhere, by their paths: relative to the folder,
    or absolute.
    """
    single = Path(place) if Path(place).is_file() else None
    folder = single.parent if single else Path(place)
    if single:
        found = {single.name: files.read_source(single)}
    else:
        found = files.read_folder(folder, READ_SUFFIXES)
    left = list(found)
    while left:
        name = left.pop()
        for _, places in included_files(found[name], name):
            path = next((p for p in places if p in found or Path(folder, p).is_file()), "")
            if path and path not in found:
                found[path] = files.read_source(Path(folder, path))
                left.append(path)
    return found


def inputs_of(folders: Iterable[str]) -> str:
    """The hash of the present content of the folders, as in BuiltModel.inputs."""
    return folders_digest((path, read_files(path)) for path in folders)


def changed_since(model: BuiltModel) -> str:
    """The first program or library of a model that has changed since Spack installed it.

    Empty if none has, and for a model that Spack did not install.
    """
    paths = (model.special, model.library, model.special_core, model.core_library)
    prefix = Path(model.path)
    below = (Path(path) for path in paths if path)
    names = [str(path.relative_to(prefix)) for path in below if path.is_relative_to(prefix)]
    return spack_prefix.damaged(prefix, names)


def stale(generation: Generation, name: str = "") -> str:
    """Why the generation's model is not up to date with its sources; empty if it is.

    name: of an additional model; empty for the environment's own.
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
    edits = generation.with_model(name).delta.edits
    if all(edit.name != MODULE_OPTIONS for edit in edits):
        return "its model was made by an earlier devenv, and a plain Python would not have it"
    if changed := changed_since(model):
        return f"{changed} is not as it was built"
    lost = [path for path in model.folders if not Path(path).exists()]
    if lost:
        return f"{lost[0]}, of which its model is made, is gone"
    unchanged = inputs_of(model.folders) == model.inputs
    return "" if unchanged else "mechanisms changed since the last build"
