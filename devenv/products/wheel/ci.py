"""Generates a GitHub Actions workflow that builds, checks, tests and publishes wheels. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

RUNNERS = {
    "x86_64": "ubuntu-24.04",
    "aarch64": "ubuntu-24.04-arm",
    "macos-x86_64": "macos-15-intel",
    "macos-arm64": "macos-15",
}
"""Architecture -> its runner. macOS runners need no image."""


@dataclass(frozen=True)
class RunnerJob:
    """A wheel to build. python: a tag (``cp311``). image: of the container; ``here``, ``zig`` or
    ``macos`` for none."""

    python: str
    arch: str
    image: str
    variant: str = "plain"

    @property
    def version(self) -> str:
        """The version in the form of actions/setup-python: ``3.11``, ``3.13t``."""
        digits = self.python.removeprefix("cp")
        return f"{digits[0]}.{digits[1:]}"


def workflow_text(
    jobs: Sequence[RunnerJob], source: str, options: Sequence[str], index: str, notes: Sequence[str]
) -> str:
    """The text of the workflow. options: of every build. index: where a tag is published; empty:
    nowhere.

    Each job restores its own newest cache, or else one of its architecture, since interpreters share
    compiled objects through ccache. A job uploads only wheels whose tag an index accepts.
    """
    words = shlex.quote(source)
    text = _HEAD + "".join(f"# {note}\n" for note in notes)
    text += _BUILD.format(
        rows="\n".join(_row(job) for job in jobs),
        name="-".join(f"${{{{ matrix.{one} }}}}" for one in ("arch", "python", "variant")),
        source=words,
        options="".join(f" {word}" for word in map(shlex.quote, options)),
    )
    return text + (_PUBLISH.format(index=shlex.quote(index)) if index else "")


def _row(job: RunnerJob) -> str:
    fields = {
        "python": job.python,
        "version": f"'{job.version}'",
        "arch": job.arch,
        "runner": RUNNERS[job.arch],
        "variant": job.variant,
        "image": f"'{job.image}'",
    }
    return "          - {" + ", ".join(f"{name}: {text}" for name, text in fields.items()) + "}"


_HEAD = """\
# Made by devenv wheel ci github: run it again when the interpreters or the architectures change.
"""
_BUILD = """\
name: wheels
on:
  push:
    tags: ['*']
  pull_request:
  workflow_dispatch:
permissions:
  contents: read
jobs:
  build:
    name: ${{{{ matrix.python }}}} ${{{{ matrix.arch }}}} ${{{{ matrix.variant }}}}
    strategy:
      fail-fast: false
      matrix:
        include:
{rows}
    runs-on: ${{{{ matrix.runner }}}}
    env:
      CIBW_CONTAINER_ENGINE: docker
      DEVENV_HOME: ${{{{ github.workspace }}}}/../devenv
      PYTHON: ${{{{ matrix.python }}}}
      IMAGE: ${{{{ matrix.image }}}}
      VARIANT: ${{{{ matrix.variant }}}}
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0
          persist-credentials: false
          submodules: recursive
      - uses: actions/setup-python@v6
        with:
          python-version: |
            ${{{{ matrix.version }}}}
            3.12
      - uses: actions/cache@v4
        with:
          path: |
            ${{{{ github.workspace }}}}/../devenv/wheels/built
            ${{{{ github.workspace }}}}/../devenv/wheels/ccache
          key: wheels-{name}-${{{{ github.run_id }}}}
          restore-keys: |
            wheels-{name}-
            wheels-${{{{ matrix.arch }}}}-
      - run: python -m pip install 'simdevenv[wheel]'
      - if: runner.os == 'macOS'
        run: brew install ccache
      - if: contains(matrix.image, '/')
        run: docker pull "$IMAGE"
      - run: >-
          devenv wheel build {source} --python "$PYTHON" --variant "$VARIANT" --in "$IMAGE"{options}
          --output wheelhouse --report report.html
      - run: devenv wheel check wheelhouse/*.whl
      - run: >-
          devenv wheel test "$PYTHON" wheelhouse/*.whl --project {source} --with-index --junit test.xml
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: report-{name}
          path: |
            report.html
            test.xml
      - uses: actions/upload-artifact@v4
        with:
          name: wheel-{name}
          if-no-files-found: error
          path: |
            wheelhouse/*-any.whl
            wheelhouse/*macosx*.whl
            wheelhouse/*manylinux*.whl
"""

_PUBLISH = """\
  publish:
    needs: build
    if: startsWith(github.ref, 'refs/tags/')
    runs-on: ubuntu-24.04
    environment: release
    permissions:
      contents: read
      id-token: write  # trusted publishing: no password is kept anywhere
    steps:
      - uses: actions/checkout@v5
        with:
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: '3.12'
      - run: python -m pip install 'simdevenv[wheel]'
      - uses: actions/download-artifact@v5
        with:
          pattern: wheel-*
          merge-multiple: true
          path: wheelhouse
      - run: devenv wheel upload --index {index} wheelhouse/*.whl
"""
