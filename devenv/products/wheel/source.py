"""The source tree that wheels are built from: a directory, or a repository at one commit."""

from __future__ import annotations

import os
import re
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.plan import Clone
from devenv.core.product import INPUTS, Input, Product
from devenv.sources.address import is_remote, parse_address, without_secret
from devenv.store.realise import realise
from devenv.system.process import run
from devenv.system.redaction import redacted
from devenv.system.repository import environment, unreachable


def source_at(context: Context, text: str) -> Path:
    """The directory, or a clone of URL[@REF]. Each commit is cloned once.

    UsageError if it is not a directory, UnreachableError if the repository does not answer.
    """
    if not is_remote(text):
        folder = (context.cwd / text).resolve()
        if not folder.is_dir():
            raise UsageError(f"{text} is not a directory", fix="Name a source tree, or URL@REF.")
        return folder
    address = parse_address(text)
    name = re.sub(r"[^\w.-]", "-", address.url.rstrip("/").rpartition("/")[2].removesuffix(".git"))
    commit = _commit(address.url, address.ref)
    product = Product(
        "wheels/sources",
        f"{name or 'source'}@{commit[:12]}",
        f"the clone of {redacted(address.url)}",
        (Input("repository", (without_secret(address.url),)), Input("commit", (commit,))),
        lambda staging: (Clone(address.url, staging, address.ref),),
        marks=None,
        record=f".git/{INPUTS}",
    )
    return realise(context, product, then="the matrix is known when the source is here")


def _commit(url: str, ref: str) -> str:
    """The current commit of a branch or tag. Another ref is returned unchanged."""
    patterns = (ref, f"{ref}^{{}}") if ref else ("HEAD",)
    argv = ("git", "ls-remote", "--", url, *patterns)
    done = run(argv, environ=environment(os.environ))
    if done.returncode:
        raise unreachable(url, done.stderr)
    lines = [line.split() for line in done.stdout.splitlines()]
    peeled = [line[0] for line in lines if line[1].endswith("^{}")]
    listed = [line[0] for line in lines]
    return next(iter((*peeled, *listed)), re.sub(r"[^\w.-]", "-", ref))
