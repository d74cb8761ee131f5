"""The entry of ``devenv`` and of ``python -m devenv``.

Nothing is imported here, at first, but what is compiled into the interpreter: any other module could be
the user's, by PYTHONPATH or the working directory. So there is no ``from __future__`` either.
"""

import gc
import sys


def main() -> None:
    """Import the program and run it; ends the process. An interrupt on the way in is 130, as later."""
    isolate()
    # What a start makes lives to the end: to look through it for garbage takes a fifth of the start.
    gc.set_threshold(100_000)
    try:
        from devenv.cli.app import main as program

        program()
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as error:
        # So Python 3.11 tells an interrupt in the very moment in which a class is made.
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        sys.exit(130)
    finally:
        gc.freeze()


def isolate() -> None:
    """Make the modules of devenv's own Python those that this process imports.

    PYTHONPATH, and the working directory of ``python -m``, stand in front of the standard library: a
    json.py there would be devenv's. They are taken off the search path; the variable stays, for what
    devenv starts. Where one of them was imported already (a sitecustomize, or what it imports), or
    PYTHONHOME names another standard library, the program starts once more and ignores them.
    """
    import posix

    foreign = _foreign()
    package = __file__.rpartition("/")[0]
    elsewhere = b"PYTHONHOME" in posix.environ or _imported(foreign, package)
    if elsewhere and not sys.flags.ignore_environment:
        posix.execv(sys.executable, [sys.executable, "-E", __file__, *sys.argv[1:]])
    sys.path[:] = [folder for folder in sys.path if folder not in foreign]
    home = package.rpartition("/")[0]
    if (
        home not in sys.path
    ):  # devenv itself was found by one of them: what it needs may be there, too
        sys.path.append(home)


def _foreign() -> list[str]:
    """What stands on the search path in front of the standard library."""
    library = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    at = next((n for n, folder in enumerate(sys.path) if folder.endswith(library)), 0)
    return sys.path[:at]


def _imported(foreign: list[str], package: str) -> bool:
    """Whether a module came from there that is not devenv's own."""
    fronts = tuple(f"{folder}/" for folder in foreign if folder)
    files = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
    found = [file for file in files if file and file.startswith(fronts)]
    return any(not file.startswith(f"{package}/") for file in found)


if __name__ == "__main__":
    main()
