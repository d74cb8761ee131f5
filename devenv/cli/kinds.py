"""What the values of options and arguments are, for completion: kinds, and fixed choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devenv.config.catalogue import load_catalogue
from devenv.config.resources import resource_folder
from devenv.config.settings import KEYS
from devenv.config.templates import list_templates, load_template
from devenv.core.engines import ENGINES
from devenv.core.template import Template
from devenv.exports import FORMATS
from devenv.places import PLACES, QUEUES
from devenv.shells.registry import DIALECTS

Kind = str | list[str]
"""The name of a kind that `devenv.cli.complete_values` can list, or the choices themselves."""

_OPTIONS: dict[str, Kind] = {
    "--env": "environments",
    "--environment": "environments",
    "--template": "templates",
    "--engine": list(ENGINES),
    "--variant": "variants",
    "--model": "models",
    "--profile": "profiles",
    "-e": "profiles",
    "--package": "dev_sources",
    "--after": "jobs",
    "--launcher": list(PLACES),
    "--on": ["here", *QUEUES],
    "--shell": list(DIALECTS),
    "--color": ["auto", "always", "never"],
}
_ARGUMENTS: dict[tuple[str, str], Kind] = {
    ("create", "name"): "templates",
    ("develop", "package"): "packages",
    ("undevelop", "package"): "dev_sources",
    ("build", "spec"): "specs",
    ("rollback", "words"): "environment_then_generations",
    ("lock diff", "words"): "environment_then_generations",
    ("logs", "job"): "jobs",
    ("export", "kind"): list(FORMATS),
    ("shell-init", "shell"): list(DIALECTS),
    ("shell-setup", "shell"): list(DIALECTS),
    ("completion", "shell"): list(DIALECTS),
    ("conda index", "channel"): "files",
    ("conda verify", "paths"): "files",
    ("config set", "key"): list(KEYS),
    ("config unset", "key"): list(KEYS),
    ("config set", "values"): "setting_values",
    ("models show", "mechanism"): "mechanisms",
    ("restore", "name"): "trash",
    ("help", "words"): "commands",
}
_TAKES_COMMAND = ("run", "submit", "alloc", "spack exec")


def table(program: Any) -> dict[str, Any]:
    """All that completion and the help of the root know: commands, options, and fixed values."""
    folders = (resource_folder("envs"),)
    templates = {name: load_template(name, folders) for name in list_templates(folders)}
    values = {
        "templates": {name: dict(_variants(one)) for name, one in templates.items()},
        "profiles": {name: sorted(one.tests) for name, one in templates.items() if one.tests},
        "packages": sorted({name for one in load_catalogue().values() for name in one.names}),
        "settings": {
            "proof": ["true", "false"], "wheels": ["true", "false"], "engine": list(ENGINES),
            "launcher": list(PLACES),
        },
        "commands": list(program.commands),
    }  # fmt: skip
    return {**described(program), "values": values}


def _variants(template: Template) -> Iterator[tuple[str, str]]:
    """``+name`` or ``name=value``, with its help."""
    for name, variant in template.variants.items():
        if variant.values:
            yield from ((f"{name}={value}", variant.help) for value in variant.values)
        else:
            yield f"+{name}", variant.help
            yield f"~{name}", variant.help


def described(command: Any, path: str = "") -> dict[str, Any]:
    """A command as an entry of the table: help, options, arguments, commands."""
    options = [p for p in command.params if p.param_type_name == "option"]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    entry: dict[str, Any] = {
        "help": command.get_short_help_str(200),
        "options": [_option(path, one) for one in options if not getattr(one, "hidden", False)],
        "arguments": [_argument(path, one) for one in arguments],
    }
    if path in _TAKES_COMMAND:
        entry["arguments"].append("program")
    below = getattr(command, "commands", {})
    if below:
        entry["commands"] = {
            name: described(one, f"{path} {name}".strip())
            for name, one in below.items()
            if not one.hidden
        }
    return entry


def _option(path: str, option: Any) -> dict[str, Any]:
    flag = bool(option.is_flag or getattr(option, "count", False))
    names = [*option.opts, *option.secondary_opts]
    entry: dict[str, Any] = {"names": names, "help": (option.help or "").split("\n")[0]}
    return entry if flag else {**entry, "value": _kind_of_option(path, option)}


def _kind_of_option(path: str, option: Any) -> Kind:
    known = (_OPTIONS[name] for name in option.opts if name in _OPTIONS)
    return next(known, "files" if option.type.name == "path" else "")


def _argument(path: str, argument: Any) -> Kind:
    if (path, argument.name) in _ARGUMENTS:
        return _ARGUMENTS[path, argument.name]
    name = argument.name == "name" and (argument.metavar == "NAME" or path == "remove")
    return "environments" if name else "files" if argument.type.name == "path" else ""
