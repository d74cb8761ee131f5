"""The headers of a NEURON that is a dev source: the same for most of its edits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.models.toolchain import Toolchain
from devenv.sources.toolchain_steps import headers_product
from devenv.store.realise import realise

_READ = ("include", "share/coreneuron")
_TRANSLATORS = ("bin/nocmodl", "bin/nmodl", "share/nrn/lib/nrnunits.lib")


def with_headers(context: Context, tools: Toolchain) -> Toolchain:
    """`tools` with a copy of NEURON's headers, whose path stays the same until they change."""
    home = Path(tools.home)
    front = digest(*_front(home))
    others = tuple(sorted(entry.name for entry in home.iterdir() if entry.name != "include"))
    place = realise(context, headers_product(str(home), front, others))
    return replace(tools, headers=str(place), front=front)


def _front(home: Path) -> Iterator[str | bytes]:
    """Names and contents, without the path of the installation, which changes with every edit."""
    own = os.fsencode(home)
    for path in _files(home):
        yield str(path.relative_to(home))
        yield path.read_bytes().replace(own, b"")


def _files(home: Path) -> Iterator[Path]:
    for name in _READ:
        yield from sorted(path for path in (home / name).rglob("*") if path.is_file())
    yield from (home / name for name in _TRANSLATORS if (home / name).is_file())
