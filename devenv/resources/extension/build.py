"""Calls the build backend of a package (PEP 517), in the Python that has the backend installed.

    build.py requires FILE       writes what the backend itself requires to FILE, a line each
    build.py tools FILE          writes the distributions of this Python to FILE, as JSON
    build.py wheel FOLDER        builds the wheel, unpacks it into FOLDER/files, lists it in files.json

The working directory is the root of the source. $DEVENV_BUILD is JSON: "backend", its "path", and the
"settings" for it; for a wheel also "roots", the directories in which a file of the wheel may have its
original, "build", the directory that the backend compiles in, and "source", of which this one is a copy.
"""

import importlib
import json
import os
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

Asked = dict[str, Any]


def main() -> None:
    """Carry out one of the three commands."""
    what, place = sys.argv[1:3]
    asked: Asked = json.loads(os.environ["DEVENV_BUILD"])
    if what == "requires":
        requires(asked, Path(place))
    elif what == "tools":
        tools(Path(place))
    else:
        wheel(asked, Path(place))


def backend_of(asked: Asked) -> Any:
    """The backend object. The directories in "path" come first in the search path of modules."""
    sys.path[:0] = [str(Path(path).resolve()) for path in asked["path"]]
    module, _, attribute = asked["backend"].partition(":")
    found: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        found = getattr(found, name)
    return found


def requires(asked: Asked, file: Path) -> None:
    """Write what the backend requires for a wheel in addition to pyproject.toml, one a line."""
    hook = getattr(backend_of(asked), "get_requires_for_build_wheel", None)
    lines = hook(asked["settings"]) if hook else []
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def tools(file: Path) -> None:
    """Write ``NAME==VERSION`` of each distribution of this Python, sorted."""
    found = {f"{one.name}=={one.version}" for one in metadata.distributions()}
    file.write_text(json.dumps(sorted(found)), encoding="utf-8")


def wheel(asked: Asked, folder: Path) -> None:
    """Build the wheel, and unpack it into `folder`; files.json has the original of each file."""
    built = folder / "wheel"
    built.mkdir(parents=True)
    name = backend_of(asked).build_wheel(str(built), asked["settings"])
    files = folder / "files"
    with zipfile.ZipFile(built / name) as archive:
        names = {_place(one): one for one in archive.namelist() if not one.endswith("/")}
        for place, one in names.items():
            (files / place).parent.mkdir(parents=True, exist_ok=True)
            (files / place).write_bytes(archive.read(one))
    originals = {place: _original(files / place, place, asked["roots"]) for place in names}
    (folder / "files.json").write_text(json.dumps(originals, indent=1), encoding="utf-8")
    (built / name).unlink()
    built.rmdir()
    compile_commands(Path(asked["build"], "compile_commands.json"), asked["source"])


def compile_commands(file: Path, source: str) -> None:
    """Write the backend's compile_commands.json for editors, with the paths of the source.

    The new file is beside the build directory.
    """
    if not file.is_file():
        return
    copy, commands = str(Path.cwd()), json.loads(file.read_text(encoding="utf-8"))
    for one in commands:
        one["file"] = os.path.normpath(Path(one["directory"], one["file"]))
    text = json.dumps(commands, indent=1).replace(json.dumps(copy)[1:-1], json.dumps(source)[1:-1])
    (file.parent.parent / file.name).write_text(text, encoding="utf-8")


def _place(name: str) -> str:
    """Where an installer puts a file: those of `.data/purelib` and `.data/platlib` with the modules."""
    head, _, rest = name.partition("/")
    scheme, _, inner = rest.partition("/")
    return inner if head.endswith(".data") and scheme in ("purelib", "platlib") else name


def _original(file: Path, place: str, roots: list[str]) -> str:
    """The file of the source that is the same to the byte; empty if there is none."""
    for root in roots:
        path = Path(root, place)
        if path.is_file() and path.read_bytes() == file.read_bytes():
            return path.as_posix()
    return ""


main()
