"""A build cache given on the command line: its address, and what is needed to reach it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.engines.spack.failure import BY, LOGIN
from devenv.engines.spack.program import Spack
from devenv.engines.spack.scope import cache_files
from devenv.engines.spack.setup import keep, python_with, require
from devenv.engines.spack.site import scope_folder, site_of
from devenv.store.changing import setting_up

BOTO = "boto3>=1.28"
"""Spack's client for S3. It honours AWS_ENDPOINT_URL since 1.28."""

_WITH_LOGIN = re.compile(r"\w[\w+.-]*://[^/]*@")


def place(context: Context, address: str) -> str:
    """The address as Spack expects it: a folder as an absolute path. UsageError if it has a password."""
    if _WITH_LOGIN.match(address):
        raise UsageError(
            "an address is kept and shown, and must hold no user and no password",
            fix=BY,
        )
    return address if "://" in address else str((context.cwd / address).resolve())


def cache_scope(context: Context, address: str) -> Path:
    """The folder of a configuration scope with the build cache at `address`."""
    has_login = all(context.environ.get(name) for name in LOGIN)
    legacy = require(context).legacy
    return scope_folder(context, cache_files(address, LOGIN if has_login else (), legacy=legacy))


def require_for(context: Context, typed: str = "") -> Spack:
    """The installed Spack. Its Python has boto3 if `typed`, or an address of the site, is on S3."""
    spack, site = require(context), site_of(context)
    addresses = (typed, *site.caches.values(), *site.mirrors.values())
    if not _in_s3(addresses) or _has_boto(spack):
        return spack
    with setting_up(context):
        spack = replace(require(context), python=python_with(context, BOTO))
        keep(context, spack)
    return spack


def _in_s3(addresses: Iterable[str]) -> bool:
    return any(address.startswith("s3://") for address in addresses)


def _has_boto(spack: Spack) -> bool:
    return any(Path(spack.python).parents[1].glob("lib/python*/site-packages/boto3"))
