"""Export for direnv, which evaluates an .envrc in bash and undoes it itself."""

from __future__ import annotations

import shlex

from devenv.core.text_edit import with_block
from devenv.exports.request import ExportFile, ExportRequest


def envrc(request: ExportRequest) -> str:
    """The text of an .envrc: sources the generation's script, and is reloaded after each build."""
    manifest = shlex.quote(f"{request.current}/environment.json")
    script = shlex.quote(f"{request.current}/activate.bash")
    return f"watch_file {manifest}\n. {script}\n"


def envrc_files(request: ExportRequest) -> tuple[ExportFile, ...]:
    """An .envrc that contains our lines as a block."""
    return (ExportFile(".envrc", lambda text: with_block(text, "devenv export", envrc(request))),)
