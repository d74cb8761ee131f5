"""uv, which finds Pythons, resolves and installs: its command, and the variables for it."""

from __future__ import annotations

import os
from collections.abc import Mapping

_POINTING = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON")
"""Variables of an activated environment. Our tools must not use its packages."""


def uv_argv() -> tuple[str, ...]:
    """The argv of the uv that came with devenv."""
    import uv

    return (os.fspath(uv.find_uv_bin()),)


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that point to the packages of another Python."""
    return {name: value for name, value in environ.items() if name not in _POINTING}
