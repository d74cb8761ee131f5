"""Generates a GitHub Actions workflow that builds recipes on all their platforms. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

RUNNERS = {
    "linux-64": "ubuntu-22.04",
    "linux-aarch64": "ubuntu-22.04-arm",
    "osx-64": "macos-13",
    "osx-arm64": "macos-14",
}
"""Platform -> its runner."""

_TEXT = """\
# Made by devenv conda ci: run it again when the recipes' platforms change.
name: conda packages
on:
  push:
    tags: ['*']
  pull_request:
jobs:
  build:
    strategy:
      fail-fast: false
      matrix:
        include:
{matrix}
    runs-on: ${{{{ matrix.runner }}}}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: '3.12'
      - run: python -m pip install 'simdevenv[conda]'
      - run: devenv conda build {arguments} --output output
      - run: devenv conda verify output
      - uses: actions/upload-artifact@v4
        with:
          name: conda-${{{{ matrix.platform }}}}
          path: output
"""


def workflow_text(
    recipes: Sequence[str], options: Sequence[str], skipped: Mapping[str, str]
) -> str:
    """The text of the workflow. options: of the build. skipped: platform -> why it is not built."""
    rows = []
    for platform, runner in RUNNERS.items():
        if platform in skipped:
            rows.append(f"          # {platform}: skipped, {skipped[platform]}")
        else:
            rows.append(f"          - {{platform: {platform}, runner: {runner}}}")
    arguments = shlex.join([*recipes, *options])
    return _TEXT.format(matrix="\n".join(rows), arguments=arguments)
