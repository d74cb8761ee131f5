"""The JSON Schemas that editors use: ``python -m devenv.config.schemas template`` prints one.

The files in devenv/resources/schemas are its output; a test compares them.
"""

from __future__ import annotations

import json
import sys

from devenv.config.decode import schema
from devenv.core.environment import Environment
from devenv.core.template import Template

SCHEMAS = {
    "template": (Template, "A template of devenv"),
    "environment": (Environment, "environment.yaml of devenv"),
}


def schema_text(name: str) -> str:
    """The schema "template" or "environment" as JSON text, without the key `name`."""
    cls, title = SCHEMAS[name]
    return json.dumps(schema(cls, title, given=("name",)), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
