"""environment.yaml: what the user asked for. It is the user's file: comments and order survive.

Text in, text out; `devenv.system.files` writes it. The environment's name is its folder's, so the
file does not say it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from devenv.config.decode import decode
from devenv.config.yaml_edit import with_values
from devenv.config.yaml_text import parse_yaml
from devenv.core.environment import DevSource, Environment, FurtherModel

_HEADER = """\
# What this environment is asked to be. It is yours to edit: devenv changes what a command asks for and
# nothing else, and `devenv build` makes it so.
"""


def read_environment(text: str, name: str, where: str) -> Environment:
    """The Environment `name` of an environment.yaml's text; UsageError for what is wrong in it."""
    return decode(Environment, parse_yaml(text, where), where, name=name)


def environment_text(environment: Environment) -> str:
    """A new environment.yaml; what is at its default is left out."""
    return with_values(_HEADER, _values(environment, {}), "environment.yaml", _identity)


def edited_text(text: str, environment: Environment, where: str) -> str:
    """`text` changed as little as it takes for it to say `environment`: where nothing differs, `text`.

    UsageError where `text` itself is not valid, or is written so that it cannot be edited.
    """
    before = read_environment(text, environment.name, where)
    values = _values(environment, parse_yaml(text, where))
    changed = {k: v for k, v in values.items() if getattr(before, k) != getattr(environment, k)}
    return with_values(text, changed, where, _identity)


def _values(environment: Environment, there: dict[str, Any]) -> dict[str, Any]:
    """What the file is to say: what differs from the defaults, and what it says already."""
    values = _asked(environment, there)
    if "develop" in values:
        sources = {source["package"]: source for source in there.get("develop", ())}
        values["develop"] = [_asked(s, sources.get(s.package, {})) for s in environment.develop]
    if "further" in values:
        values["further"] = [_asked(model, {}) for model in environment.further]
    del values["name"]
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _asked(item: Environment | DevSource | FurtherModel, there: dict[str, Any]) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(item)}
    pairs = [(name, getattr(item, name)) for name in defaults]
    return {name: value for name, value in pairs if name in there or value != defaults[name]}


def _identity(item: Any) -> str:
    """A dev source is its package, a model its name: what else they say may change."""
    if isinstance(item, dict):
        return str(item["package"] if "package" in item else item["name"])
    return str(item)
