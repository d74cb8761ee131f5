"""The commands in groups, as `devenv --help` shows them; other tools' names for them."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "Start here": ("init", "create", "develop", "build", "run", "test", "activate", "doctor"),
    "Environments": (
        *("list", "show", "templates", "shell", "export", "adopt", "remove", "restore"),
        *("generations", "rollback", "lock", "which"),
    ),
    "What an environment is made of": (
        *("add", "remove-package", "undevelop", "mods", "models", "data", "graph", "sync", "allow"),
    ),
    "Batch jobs": ("submit", "jobs", "logs", "alloc", "gpu"),
    "Packages": ("wheel", "conda"),
    "Your shell": ("deactivate", "refresh", "shell-init", "shell-setup", "shell-hook"),
    "devenv itself": ("config", "host", "spack", "cache", "report", "prune", "du", "help"),
}
"""A command that is in none stands at the end, under OTHER."""
OTHER = "Other"

ALIASES = {"rm": "remove", "ls": "list", "info": "show", "status": "show"}
"""Other names of commands."""

MEANINGS = {
    "activate-shell": "shell",
    "cancel": "jobs",
    "clean": "prune",
    "compile": "build",
    "delete": "remove",
    "env": "list",
    "envs": "list",
    "exec": "run",
    "gc": "prune",
    "install": "add PACKAGE, devenv create NAME, devenv build",
    "make": "build",
    "new": "create NAME",
    "pip": "add PACKAGE",
    "ps": "jobs",
    "pytest": "test",
    "queue": "jobs",
    "sbatch": "submit",
    "search": "templates",
    "settings": "config show",
    "squeue": "jobs",
    "srun": "run -n RANKS",
    "tox": "test",
    "uninstall": "remove NAME, devenv remove-package PACKAGE",
    "update": "build --update",
    "upgrade": "build --update",
    "use": "activate NAME",
    "venv": "create NAME",
}
"""For words that are no commands, what is meant by them elsewhere."""


def grouped(names: list[str]) -> dict[str, list[str]]:
    """The groups with those of `names` that they have; what no group has is in OTHER."""
    known = {name for group in GROUPS.values() for name in group}
    all_groups = {**GROUPS, OTHER: tuple(name for name in names if name not in known)}
    found = {title: [n for n in group if n in names] for title, group in all_groups.items()}
    return {title: group for title, group in found.items() if group}
