"""How each page is followed: what it needs, and what its reader puts for the words in capitals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from support import REPOSITORY, RING


@dataclass(frozen=True)
class Row:
    """names: of the page -> what is typed. before: shell code that the reader has run."""

    names: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


NEURODAMUS = "https://github.com/openbraininstitute/neurodamus.git"
MODELS = "https://github.com/openbraininstitute/neurodamus-models.git"
PINNED = "48aaf3c8156c1c289c15402d7fae7ced63180b63"
NAMED = {"NAME": "neocortex"}
ACTIVE = 'eval "$(devenv activate neocortex)"'
FUNCTION = 'eval "$(devenv shell-init bash)"'
CIRCUIT = f"""\
export PYTHONPATH={RING}
devenv run neocortex python {RING}/make_ring.py circuit && cd circuit"""
OTHERS = "for name in {}; do devenv create $name --template small; done"

TABLE: Mapping[str, Mapping[str, Row]] = {
    "tutorial": {
        "docs/tutorial/your-own-model.md": Row(),
        "docs/tutorial/first-simulation.md": Row(before=f"ring={RING}"),
        "docs/how-to/start-a-project.md": Row({"/home/me": "~"}),
    },
    "home": {
        "docs/how-to/add-a-package.md": Row(NAMED, ACTIVE),
        "docs/how-to/activate-in-your-shell.md": Row(
            {**NAMED, "-- COMMAND": "-- true", "SHELL": "bash"}, FUNCTION
        ),
        "docs/how-to/use-jupyter-and-vs-code.md": Row(NAMED, ACTIVE),
        "docs/how-to/troubleshoot.md": Row(NAMED),
        "docs/how-to/repair-an-environment.md": Row(NAMED),
        "docs/how-to/read-a-report.md": Row(),
        "docs/how-to/roll-back-to-an-earlier-build.md": Row(
            {"neocortex": "history"},
            f"{OTHERS.format('history')}; devenv develop neurodamus --path ~/src/neurodamus"
            " --env history; devenv build history",
        ),
        "docs/how-to/reproduce-an-environment.md": Row(),
        "docs/how-to/develop-a-package.md": Row(
            {
                "--git URL@REF": f"--git {NEURODAMUS}@main --env git",
                "neurodamus --branch my-feature": "neurodamus --branch my-feature --env branch",
                "neurodamus-models --": "neurodamus-models --env regions --",
                "--template mine": "--template small",
            },
            f"{ACTIVE}; {OTHERS.format('git branch one two')}; devenv create regions"
            " --template neocortex",
        ),
        "docs/how-to/choose-how-a-model-is-built.md": Row(before=CIRCUIT),
        "docs/how-to/test-with-profiles.md": Row({"PKG": "neurodamus"}, ACTIVE),
        "docs/how-to/use-your-own-models-repository.md": Row(
            {"URL@REF": f"{MODELS}@{PINNED}"}, "unset DEVENV_ENV"
        ),
        "docs/how-to/write-a-template.md": Row(NAMED),
        "docs/explanation/precedence-of-paths.md": Row(before=f"{ACTIVE}; touch script.py"),
        "docs/how-to/work-offline.md": Row(
            {"PACKAGE": "neurodamus", "URL@REF": f"{NEURODAMUS}@main", "NAME": "mirrored"}, ACTIVE
        ),
        "docs/how-to/administer-a-site.md": Row(
            {**NAMED, "/scratch/$USER": "~/scratch", "/shared": "~/shared"},
            f"{ACTIVE}; mkdir -p ~/shared/modulefiles",
        ),
        "docs/how-to/upgrade-and-remove.md": Row({"NAME": "old"}, OTHERS.format("old")),
    },
}
"""Groups of pages that one fixture serves, in the order in which they are followed."""

EXECUTED = {page for group in TABLE.values() for page in group}
__all__ = ["EXECUTED", "REPOSITORY", "TABLE", "Row"]
