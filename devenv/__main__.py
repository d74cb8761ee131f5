"""The entry of ``devenv`` and of ``python -m devenv``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Import the program and run it; ends the process. An interrupt on the way in is 130, as later."""
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


if __name__ == "__main__":
    main()
