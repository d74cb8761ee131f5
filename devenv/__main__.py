"""``python -m devenv``."""

from devenv.cli.app import main

if __name__ == "__main__":
    main()
