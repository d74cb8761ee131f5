"""environment.yaml: what the user requested. Edits keep the user's comments and the order of keys.

These functions take and return text; `devenv.system.files` writes it. The file does not contain the
name of the environment, which is the name of its directory.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from devenv.config.decode import decode
from devenv.config.yaml_edit import with_values
from devenv.config.yaml_text import parse_yaml
from devenv.core.environment import DevSource, Environment, FurtherModel

_HEADER = """\
# The request for this environment. You may edit it: devenv changes only what a command is about.
# Apply your changes: devenv build
"""


def read_environment(text: str, name: str, where: str) -> Environment:
    """The Environment `name` from the text of an environment.yaml; UsageError if it is not valid."""
    return decode(Environment, parse_yaml(text, where), where, name=name)


def environment_text(environment: Environment) -> str:
    """The text of a new environment.yaml, without default values."""
    return with_values(_HEADER, _values(environment, {}), "environment.yaml", _identity)


def edited_text(text: str, environment: Environment, where: str) -> str:
    """`text` with the fewest edits after which it describes `environment`.

    UsageError if `text` is not valid, or cannot be edited.
    """
    before = read_environment(text, environment.name, where)
    values = _values(environment, parse_yaml(text, where))
    changed = {k: v for k, v in values.items() if getattr(before, k) != getattr(environment, k)}
    return with_values(text, changed, where, _identity)


def _values(environment: Environment, present: dict[str, Any]) -> dict[str, Any]:
    """The keys of the file: those that differ from the defaults, and those that it contains already."""
    values = _non_default(environment, present)
    if "develop" in values:
        sources = {source["package"]: source for source in present.get("develop", ())}
        values["develop"] = [
            _non_default(s, sources.get(s.package, {})) for s in environment.develop
        ]
    if "further" in values:
        values["further"] = [_non_default(model, {}) for model in environment.further]
    del values["name"]
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _non_default(
    item: Environment | DevSource | FurtherModel, present: dict[str, Any]
) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(item)}
    pairs = [(name, getattr(item, name)) for name in defaults]
    return {name: value for name, value in pairs if name in present or value != defaults[name]}


def _identity(item: Any) -> str:
    """The identity of an item in a list: the package of a dev source, the name of a model."""
    if isinstance(item, dict):
        return str(item["package"] if "package" in item else item["name"])
    return str(item)
