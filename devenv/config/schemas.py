"""The JSON Schemas that editors use: ``python -m devenv.config.schemas template`` prints one.

The files in devenv/resources/schemas are its output; a test compares them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from devenv.config.decode import schema
from devenv.core.environment import Environment
from devenv.core.project import ProjectKeys
from devenv.core.template import Template

SCHEMAS = {
    "template": (Template, "A template of devenv"),
    "environment": (Environment, "environment.yaml of devenv"),
    "project": (ProjectKeys, "devenv.yaml"),
}


def schema_text(name: str) -> str:
    """The schema of that name as JSON text, without the key `name`."""
    cls, title = SCHEMAS[name]
    data = schema(cls, title, given=("name",))
    if cls is ProjectKeys:
        data = _with_template(data)
    return json.dumps(data, indent=2) + "\n"


def _with_template(project: dict[str, Any]) -> dict[str, Any]:
    """The schema of a project's own keys with those of a template, of which it may omit any."""
    own = project["$defs"]["ProjectKeys"]
    others = schema(Template, "", given=("name",))["$defs"]
    properties = {**own["properties"], **others.pop("Template")["properties"]}
    keys = {**own, "properties": properties, "required": []}
    return {**project, "$defs": {**others, **project["$defs"], "ProjectKeys": keys}}


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
