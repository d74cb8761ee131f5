"""The reference pages and the table of commands, made from the program: ``python docs/generate.py``.

A unit test holds the pages to what this makes. It writes next to itself, in reference/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from errors_table import errors_page

from devenv.cli.app import program
from devenv.cli.kinds import table
from devenv.cli.outputs import schemas
from devenv.cli.table import FILE as COMMANDS
from devenv.config.decode import schema
from devenv.config.schemas import SCHEMAS
from devenv.core.project import ProjectKeys

PAGES: dict[str, tuple[type, str]] = {**SCHEMAS, "project": (ProjectKeys, "devenv.yaml")}
FOLDER = Path(__file__).resolve().parent / "reference"
MADE = "<!-- Made by docs/generate.py: do not edit. -->\n\n"

JSON = """# JSON

With `--json` a command prints one document on the standard output, an error included. Its `schema` names
what it is and the version. A further key does not change the version; what breaks programs does.
A dry run, and a command that prints text for another program, have `lines`. Messages for people stay on
the standard error. The user's own command that `run`, `shell` or `spack exec` starts has the standard
output for itself, so there is a document only for an error before that.

With `--json-events` the progress on the standard error is lines of JSON, `devenv.event/1`. The event is
plan, step, end or note; `done` and `total` count the slow steps of a plan.

Below is the JSON Schema of each document, without the `schema` key that each has.
"""

INTRODUCTIONS = {
    "template": """# Templates

A template describes a kind of environment. devenv's own are in `envs/*.yaml`. Yours are in
`$DEVENV_HOME/templates/NAME.yaml`, or in any file that you name with `--template FILE.yaml`. The name
of a template is that of its file.

An unknown key is an error, and the message suggests the nearest known one. Editors that support JSON
Schema can use `devenv/resources/schemas/template.schema.json`. To get started, see
[Write a template](../how-to/write-a-template.md).
""",
    "project": """# Projects

`devenv.yaml` in a directory describes the environment of that project. It has the keys of a
[template](template.md), and those below. In a project, `summary` and `packages` may be omitted, and with
`template` the other keys too. See [Start a project](../how-to/start-a-project.md). Editors that support
JSON Schema can use `devenv/resources/schemas/project.schema.json`.
""",
    "environment": """# environment.yaml

`$DEVENV_HOME/envs/NAME/environment.yaml` records what you asked for. devenv writes the file, and you may
edit it: devenv keeps your comments, and the next `devenv build` applies your changes. Editors that
support JSON Schema can use `devenv/resources/schemas/environment.schema.json`.
""",
}


def pages() -> dict[str, str]:
    """Every page by the name of its file, as it should be."""
    made = {name: "".join(_schema_page(name)) for name in PAGES}
    return {
        f"{name}.md": text
        for name, text in {
            "cli": _cli_page(),
            "errors": MADE + errors_page(),
            "json": _json_page(),
            **made,
        }.items()
    }


def _cli_page() -> str:
    command: Any = program()
    parts = [
        f"{MADE}# Commands\n\n{_described(command)}\n\n",
        "    devenv [OPTIONS] COMMAND [ARGUMENTS]\n\n",
        _table(("option", ""), map(_parameter, _shown(command))),
    ]
    parts += [text for name, sub in _commands(command) for text in _command(name, sub)]
    return "".join(parts)


def _json_page() -> str:
    """The schemas of what commands print with --json."""
    parts = [MADE + JSON]
    for name, one in schemas().items():
        _, shapes = one["allOf"]
        text = json.dumps(shapes["anyOf"][0], indent=1)
        parts.append(f"\n## {name}\n\n```json\n{text}\n```\n")
    return "".join(parts)


def commands_table() -> str:
    """The commands as data, for help and completion: resources/commands.json."""
    made = table(program())
    commands = made.pop("commands")
    lines = (f"{json.dumps(name)}: {json.dumps(one)}" for name, one in commands.items())
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in made.items())
    return f'{{{head},\n"commands": {{\n' + ",\n".join(lines) + "\n}}\n"


def _commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each command with its whole name, those of groups too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    words = [_usage(p) for p in arguments]
    usage = " ".join(["devenv", name, "[OPTIONS]", *words])
    yield f"\n## devenv {name}\n\n{_described(command)}\n\n    {usage}\n\n"
    yield _table(("argument or option", ""), map(_parameter, _shown(command)))
    for below, sub in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {below}", sub)


def _shown(command: Any) -> list[Any]:
    return [one for one in command.params if not getattr(one, "hidden", False)]


def _usage(parameter: Any) -> str:
    """A name that is optional stands in brackets, where it does not say so itself."""
    name = _name(parameter)
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _described(command: Any) -> str:
    """The help of a command: paragraphs, each on a line."""
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _parameter(parameter: Any) -> tuple[str, str]:
    """What is typed, and what it does. From fields that every version of Typer has."""
    if parameter.param_type_name == "argument":
        return f"`{_name(parameter)}`", parameter.help or ""
    value = "" if parameter.is_flag else f" {_name(parameter)}"
    typed = ", ".join([*parameter.opts, *parameter.secondary_opts]) + value
    default = parameter.default if parameter.show_default is True else None
    told = f" Default: `{default}`." if default and not parameter.is_flag else ""
    return f"`{typed}`", f"{parameter.help or ''}{told}"


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _schema_page(name: str) -> Iterator[str]:
    cls, title = PAGES[name]
    definitions = schema(cls, title, given=("name",))["$defs"]
    yield MADE + INTRODUCTIONS[name]
    for what, definition in definitions.items():
        summary, notes = _notes(definition)
        head = "Keys" if what == cls.__name__ else what
        yield f"\n## {head}\n\n{summary}\n\n"
        required = definition.get("required", [])
        yield _table(
            ("key", "value", "default", ""),
            (
                (f"`{key}`", _type(value), _default(value, key in required), notes.get(key, ""))
                for key, value in definition["properties"].items()
            ),
        )


def _notes(definition: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The summary of a dataclass's docstring, and what it says of its fields: ``one, two: text``."""
    text = " ".join(definition["description"].split())
    name = "|".join(map(re.escape, definition["properties"]))
    summary, *rest = re.split(rf"(?:^|(?<=\.\s))((?:{name})(?:, (?:{name}))*):\s", text)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    notes = {key: note.strip() for keys, note in pairs for key in keys.split(", ")}
    return summary.strip(), notes


def _type(value: dict[str, Any]) -> str:
    """A JSON Schema's type in words."""
    if "$ref" in value:
        what = value["$ref"].rsplit("/", 1)[-1]
        return f"[{what}](#{what.lower()})"
    if "anyOf" in value:
        return " or ".join(_type(v) for v in value["anyOf"] if v.get("type") != "null")
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    if value.get("type") == "object":
        return f"names with {_type(value['additionalProperties'])}"
    return {"string": "text", "boolean": "true or false", "integer": "number"}[value["type"]]


def _default(value: dict[str, Any], required: bool) -> str:
    if required:
        return "required"
    default = value.get("default")
    return f"`{json.dumps(default)}`" if default or default == 0 else ""


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |\n" for line in lines
    )


if __name__ == "__main__":
    Path(COMMANDS).write_text(commands_table(), encoding="utf-8")
    for file, text in pages().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
