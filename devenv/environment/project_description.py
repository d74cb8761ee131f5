"""What a project's file asks for, in words: shown before the user allows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devenv.config.context import Context
from devenv.config.templates import load_project, template_folders
from devenv.core.printable import printable
from devenv.core.project import Project
from devenv.core.quantity import quantity
from devenv.environment.project import ProjectFolder
from devenv.sources.address import without_secret


def describe_project(context: Context, project: ProjectFolder) -> tuple[str, ...]:
    """What the file asks for, in words. UsageError for a file that is not valid."""
    found = load_project(project.file, template_folders(context.layout.home))
    return tuple(printable(line) for line in _lines(found))


def _python(found: Project) -> str:
    template = found.template
    ours = template.neuron or template.packages or not template.channels
    return f"Python {template.python}" if ours else "Python from its channels"


def _conda_lines(found: Project) -> Iterator[str]:
    """The conda packages, their channels, and whatever else the lock names for them."""
    template, lock = found.template, found.lock.conda if found.lock else ""
    places = [without_secret(one) for one in template.channels]
    if template.conda:
        names = ", ".join(template.conda)
        yield f"conda packages: {names} from {', '.join(places) or 'no channel'}"
    others = {without_secret(one) for one in re.findall(r"\bconda: (\S+)/[^/\s]+/[^/\s]+", lock)}
    yield from (f"conda packages of the lock: from {one}" for one in sorted(others - {*places}))


def _lines(found: Project) -> Iterator[str]:
    template, keys, model = found.template, found.keys, found.template.model
    yield _python(found) + (f", template {keys.template}" if keys.template else "")
    if template.base:
        yield f"modules of this machine, loaded first: {template.base}"
    requirements = (*filter(None, [template.neuron]), *template.packages)
    plain = [one for one in requirements if "@" not in one]
    yield f"packages from the index: {', '.join(plain) or 'none'}"
    yield from _conda_lines(found)
    if template.spack:
        yield f"packages by Spack, where it is set up: {', '.join(template.spack)}"
    yield from (f"a package from elsewhere: {one}" for one in requirements if "@" in one)
    for one in keys.develop:
        what = one.path or f"a clone of {without_secret(one.git)} {one.branch}".rstrip()
        yield f"developed: {one.package} from {what}; its build runs"
    for folder in (*model.mods, *model.hoc) if model else ():
        if folder.url:
            yield f"a clone of {without_secret(folder.url)} at {folder.ref}"
    if model:
        flags = (*model.flags, *(flag for folder in model.mods for flag in folder.flags))
        yield f"{quantity(model.mods, 'folder')} of MOD files, compiled" + (
            f" with {' '.join(flags)}" if flags else ""
        )
    for name, description in template.catalogue.items():
        for variable, value in description.env.items():
            yield f"{name} sets {variable}={value}"
    for name, data in template.data.items():
        yield f"data {name} on request: {without_secret(data.git or data.url or data.folder)}"
