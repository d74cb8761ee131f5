"""devenv config: the settings, where each comes from, and setting them where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.config.settings import (
    KEYS,
    PROJECT_FILE,
    PROJECT_KEYS,
    layer_of,
    project_file,
    user_file,
)
from devenv.config.settings_file import parsed_layer
from devenv.config.settings_words import format_value, parse_value
from devenv.config.yaml_edit import line_of, with_values, without_key
from devenv.core.errors import UsageError
from devenv.core.names import unknown
from devenv.core.plan import Plan, Write
from devenv.core.result import Result, Table
from devenv.environment.handle import environment_names, open_env
from devenv.places import PLACES
from devenv.store.carry import carry_out


@dataclass(frozen=True)
class SettingsScope:
    """Where a setting is to be set: the user's file, unless `project` or an `environment`."""

    project: bool = False
    environment: str = ""


def show(context: Context, name: str | None) -> Result:
    """Each setting with its value and where that comes from."""
    settings = context.settings
    if (
        name is not None
        or len(environment_names(context)) == 1
        or context.environ.get("DEVENV_ENV")
    ):
        settings = open_env(context, name).settings
    rows, data = [], {}
    for key in KEYS:
        value, source = settings.value(key), settings.sources[key]
        line = _line(source, key)
        rows.append((key, format_value(value), f"{source}, line {line}" if line else source))
        plain = list(map(str, value)) if isinstance(value, tuple) else value
        data[key] = {"value": plain, "source": source, "line": line}
        if isinstance(plain, Path):
            data[key]["value"] = str(plain)
    return Result(table=Table(("KEY", "VALUE", "FROM"), tuple(rows)), data={"settings": data})


def set_(context: Context, key: str, values: tuple[str, ...], place: SettingsScope) -> Result:
    """Set a key in a file; what else is in the file stays as it is, comments too."""
    path = _file_of(context, _known(key), place)
    value = parse_value(key, values, PLACES)
    text = with_values(_text(path), {key: value}, str(path))
    parsed_layer(text, path)
    carry_out(context, Plan("config", (Write(str(path), text),)))
    return Result((f"{key}: {format_value(value)}   in {path}",), data={"file": str(path)})


def unset(context: Context, key: str, place: SettingsScope) -> Result:
    """Take a key out of a file; the value from a weaker place counts again."""
    path = _file_of(context, _known(key), place)
    text = _text(path)
    if not line_of(text, key):
        raise UsageError(f"{key!r} is not set in {path}", fix="See where it is: devenv config show")
    without = without_key(text, key, str(path))
    carry_out(context, Plan("config", (Write(str(path), without),)))
    return Result((f"{key} is no longer set in {path}",), data={"file": str(path)})


def _known(key: str) -> str:
    if key not in KEYS:
        raise unknown("setting", key, KEYS)
    return key


def _file_of(context: Context, key: str, place: SettingsScope) -> Path:
    if place.environment:
        return open_env(context, place.environment).layout.root / "config.yaml"
    if not place.project:
        return user_file(context.environ)
    if key not in PROJECT_KEYS:
        raise UsageError(
            f"{key!r} cannot be set in a project, whose file comes with a clone",
            fix=f"What can: {', '.join(PROJECT_KEYS)}. Omit --project to set it for yourself.",
        )
    return project_file(context.cwd) or _root(context.cwd) / PROJECT_FILE


def _root(cwd: Path) -> Path:
    """The repository that `cwd` is in, else `cwd` itself."""
    return next((f for f in (cwd, *cwd.parents) if (f / ".git").exists()), cwd)


def _text(path: Path) -> str:
    layer_of(path)  # what is wrong in it already is reported, not overwritten
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _line(source: str, key: str) -> int:
    """The line of a setting in the file that it comes from; 0: it comes from no file."""
    path = Path(source)
    if not path.is_absolute():
        return 0
    return line_of(path.read_text(encoding="utf-8"), key)
