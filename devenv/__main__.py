"""The entry of ``devenv`` and of ``python -m devenv``."""

from __future__ import annotations

import sys


def main() -> None:
    """Import the program and run it; ends the process. An interrupt on the way in is 130, as later."""
    try:
        from devenv.cli.app import main as program

        program()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
