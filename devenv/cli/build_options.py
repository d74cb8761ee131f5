"""Options of `devenv build`, some of which `devenv create` has too."""

from __future__ import annotations

from typing import Annotated

import typer

Spec = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME][VARIANTS]",
        help="The environment (default: the activated one, or the only one), and a model of it"
        " by its variants: neocortex+coreneuron model=neocortex +plasticity.",
        show_default=False,
    ),
]
Called = Annotated[
    str, typer.Option("--as", metavar="MODEL", help="Name for the model of these variants.")
]
Update = Annotated[
    bool, typer.Option("--update", help="Also take newer packages, as far as allowed.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Check the hash of every file, and rebuild what is damaged.")
]
Stores = Annotated[
    list[str] | None,
    typer.Option(help="A folder like $DEVENV_HOME whose NEURON and models are used as well."),
]
OwnMods = Annotated[
    list[str] | None,
    typer.Option(help="MOD files of your own, or a folder of them, in front of the template's."),
]
NoMods = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODS", help="Stop using a path given to --mods, even if it no longer exists."
    ),
]
IncludedMods = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="MOD", help="Take a MOD file that the template leaves out."),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict",
        help="Fail where the model would be incomplete (default: only where CI is set).",
        show_default=False,
    ),
]
Why = Annotated[
    bool, typer.Option("--why", help="Say what changed and what is to be done; do nothing.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Build again whenever a MOD file is saved.")]
