"""devenv templates: every template that an environment can be created from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.config.templates import list_templates, load_template, template_folders
from devenv.core.build_variants import BUILD_VARIANTS
from devenv.core.errors import DevenvError
from devenv.core.result import Result, Table


def list_all_templates(context: Context) -> Result:
    """Every template with its summary and variants."""
    folders = template_folders(context.layout.home)
    listed = [_template(name, folders) for name in list_templates(folders)]
    rows = tuple(row for row, _ in listed)
    data = {"templates": [one for _, one in listed]}
    own = ", ".join(sorted(BUILD_VARIANTS))
    line = f"Every model also takes {own}."
    return Result((line,), table=Table(("TEMPLATE", "SUMMARY", "VARIANTS"), rows), data=data)


def _template(name: str, folders: Sequence[Path]) -> tuple[tuple[str, str, str], dict[str, Any]]:
    """A template's row and data; of a broken one why, so that it does not hide the others."""
    try:
        found = load_template(name, folders)
    except DevenvError as error:
        why = " ".join(error.what.split())
        return (name, f"broken: {why}", ""), {"name": name, "error": why}
    row = (found.name, found.summary, " ".join(sorted(found.variants)))
    return row, {**asdict(found), "offered": sorted(found.offered_variants)}
