"""devenv conda ci."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.result import Result
from devenv.products.conda import engine
from devenv.products.conda.ci import RUNNERS, workflow_text
from devenv.products.conda.observe import host_of, recipe_of
from devenv.products.conda.rendering import cells_of
from devenv.products.conda.variants import overrides


def ci(
    context: Context, recipes: Sequence[Path], variants: Sequence[str], channels: Sequence[str]
) -> Result:
    """The text of a workflow for the platforms on which at least one recipe is not skipped."""
    engine.require()
    sources = [recipe_of(context.cwd / one, context.cwd) for one in recipes]
    chosen = overrides(variants)
    skipped = {}
    for platform in RUNNERS:
        host = host_of(context.environ, platform)
        cells = cells_of(sources, host, chosen, context.layout.home / "conda" / "rendered")
        if all(cell.skipped for cell in cells):
            skipped[platform] = "; ".join(dict.fromkeys(cell.skipped for cell in cells))
    if len(skipped) == len(RUNNERS):
        reasons = "; ".join(dict.fromkeys(skipped.values()))
        raise UsageError(
            f"the recipes are skipped everywhere: {reasons}", fix="Try other --python."
        )
    options = [word for one in variants for word in ("--variant", one)]
    options += [word for one in channels for word in ("--channel", one)]
    text = workflow_text([str(one) for one in recipes], options, skipped)
    return Result((text.rstrip("\n"),))
