"""devenv export: an environment for other tools, printed, written into a folder, or installed."""

from __future__ import annotations

from pathlib import Path

from devenv.core.errors import StateError, UsageError
from devenv.core.follow import store_links, through_current
from devenv.core.names import unknown
from devenv.core.plan import Plan, Write
from devenv.core.result import Result
from devenv.core.text_edit import text_diff
from devenv.environment.handle import Env
from devenv.environment.intact import homes, require_intact
from devenv.environment.jupyter import has_kernel, kernel_file
from devenv.exports import FILES, FORMATS, KERNEL, ExportRequest
from devenv.places.modules import based
from devenv.store.carry import carry_out
from devenv.workflows.add import add


def export(env: Env, kind: str) -> Result:
    """The text of the environment in this format."""
    return Result((FORMATS[_checked(kind)](_request(env, kind)).removesuffix("\n"),))


def write_export(env: Env, kind: str, folder: str) -> Result:
    """Merge the environment in this format into the files of a folder; the result has the diff.

    UsageError for a format without files, a folder that does not exist, or a file that cannot be merged.
    """
    if kind not in FILES:
        raise UsageError(
            f"--write: {_checked(kind)} is not written into a folder ({', '.join(FILES)} are)",
            fix=_instead(env, kind),
        )
    place = (env.context.cwd / folder).resolve()
    if not place.is_dir():
        raise UsageError(
            f"{place} is not a directory",
            fix=f"Create it, or write into this one: devenv export {kind} {env.name} --write",
        )
    return _written(env, Path(place), kind)


def install_kernel(env: Env, kind: str) -> Result:
    """Install a kernel for Jupyter that starts in the environment; ipykernel is added if it is missing.

    UsageError for another format.
    """
    if kind != KERNEL:
        raise UsageError(
            f"--install is for {KERNEL}, and not for {_checked(kind)}", fix=_instead(env, kind)
        )
    added = []
    if not has_kernel(env):
        env.context.say(f"{env.name} lacks ipykernel: devenv add ipykernel --env {env.name}")
        add(env.context, env.name, ["ipykernel"])
        added, env = ["ipykernel"], env.reopen()
    path = kernel_file(env)
    write = Write(str(path), FORMATS[KERNEL](_request(env, KERNEL)))
    carry_out(env.context, Plan("kernel", (write,)))
    lines = (f"Written: {path}", f"Choose the kernel 'devenv {env.name}' in Jupyter.")
    return Result(lines, data={"files": [str(path)], "added": added})


def _checked(kind: str) -> str:
    if kind not in FORMATS:
        raise unknown("format", kind, FORMATS)
    return kind


def _instead(env: Env, kind: str) -> str:
    if kind == KERNEL:
        return f"Install it: devenv export {kind} {env.name} --install"
    option = " --write" if kind in FILES else ""
    return f"Use it so: devenv export {kind} {env.name}{option}{'' if option else ' > FILE'}"


def _request(env: Env, kind: str) -> ExportRequest:
    context, current, generation = env.context, env.layout.current, env.generation
    require_intact(context, generation)
    root = str(env.current.root)
    if kind != "json":  # which tells of one generation
        links = store_links(generation, homes(context), root)
        generation = through_current(generation, links, root, str(current))
    return ExportRequest(generation, str(current), based(context.environ, generation.base))


def _written(env: Env, folder: Path, kind: str) -> Result:
    writes: list[Write] = []
    diff: list[str] = []
    for file in FILES[kind](_request(env, kind)):
        path = (folder / file.path).resolve()
        before = _text_of(path)
        try:
            after = file.merge(before)
        except ValueError as error:
            raise UsageError(
                f"{path} cannot be edited: {error}", fix=f"Fix it, or remove it. {_to_print(kind)}"
            ) from None
        if after != before:
            writes.append(Write(str(path), after, private=file.private))
            lines = text_diff(str(path), before, after)
            diff += [f"{path}: with the variables"] if file.private else lines
    carry_out(env.context, Plan(kind, tuple(writes), diff=tuple(diff)))
    paths = [write.path for write in writes]
    lines = (*diff, f"Written: {', '.join(paths)}") if paths else ("All is as it should be.",)
    return Result(tuple(lines), data={"files": paths, "diff": diff})


def _to_print(kind: str) -> str:
    return f"To print what it is to say: devenv export {kind}"


def _text_of(path: Path) -> str:
    """With its line ends as they are; empty where there is no such file. StateError: unreadable."""
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"cannot read {path}: {error}", fix="Fix it, or remove it.") from None
