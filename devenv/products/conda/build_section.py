"""Converts the section `build` of a meta.yaml: the script, its variables, linking, and Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devenv.products.conda.mapping import Data, Mapper, listed

_LINK_SCRIPTS = ("post-link.sh", "pre-unlink.sh", "pre-link.sh")


def _boolean(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "yes", "1")


def _patterns(value: Any) -> list[str]:
    return [str(one) for one in listed(value)]


_SAME: dict[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "number": (("number",), int),
    "string": (("string",), str),
    "noarch": (("noarch",), str),
    "entry_points": (("python", "entry_points"), listed),
    "skip_compile_pyc": (("python", "skip_pyc_compilation"), _patterns),
    "always_include_files": (("always_include_files",), _patterns),
    "no_link": (("always_copy_files",), _patterns),
    "rpaths": (("dynamic_linking", "rpaths"), _patterns),
    "missing_dso_whitelist": (("dynamic_linking", "missing_dso_allowlist"), _patterns),
    "runpath_whitelist": (("dynamic_linking", "rpath_allowlist"), _patterns),
    "host_runpath_whitelist": (("dynamic_linking", "rpath_allowlist"), _patterns),
    "binary_relocation": (("dynamic_linking", "binary_relocation"), _boolean),
    "merge_build_host": (("merge_build_and_host_envs",), _boolean),
    "detect_binary_files_with_prefix": (
        ("prefix_detection", "ignore_binary_files"),
        lambda v: not _boolean(v),
    ),
}
"""Key -> its path in recipe.yaml's build, and the conversion of its value."""

_ELSEWHERE = {
    "run_exports", "ignore_run_exports", "ignore_run_exports_from", "script", "script_env", "skip",
    "track_features", "error_overlinking", "error_overdepending", "noarch_python",
}  # fmt: skip
_IGNORED = {
    "preserve_egg_dir",
    "pin_depends",
    "disable_pip",
    "osx_is_app",
    "include_recipe",
    "msvc_compiler",
}


def build(mapper: Mapper, data: Data, *, script: bool = True) -> Data:
    """The section `build`. script: whether it uses the build.sh next to the recipe."""
    given = data.get("build") or {}
    known = dict.fromkeys((*_SAME, *_ELSEWHERE, *_IGNORED))
    mapper.unknown(given, known, "build")
    result: Data = {}
    for key, (place, value) in _SAME.items():
        if given.get(key) not in (None, "", []):
            _put(result, place, value(given[key]))
            if key != place[-1]:
                mapper.note("changed", f"build/{key} is build/{'/'.join(place)}", "build", key)
    for key in _IGNORED & given.keys():
        mapper.note("ignored", f"build/{key} has no counterpart in recipe.yaml", "build", key)
    _host_folders(result)
    _others(mapper, data, given, result)
    body = _script(mapper, given, script)
    return {**result, **({"script": body} if body else {})}


def _put(result: Data, place: tuple[str, ...], value: Any) -> None:
    for key in place[:-1]:
        result = result.setdefault(key, {})
    if isinstance(value, list):
        value = list(dict.fromkeys([*result.get(place[-1], []), *value]))
    result[place[-1]] = value


def _host_folders(result: Data) -> None:
    """Converts ``/opt/mpi/*``, which in conda-build includes all subfolders, to ``/opt/mpi/**``."""
    linking = result.get("dynamic_linking", {})
    if "rpath_allowlist" in linking:
        linking["rpath_allowlist"] = [
            one[:-1] + "**" if one.endswith("/*") else one for one in linking["rpath_allowlist"]
        ]


def _others(mapper: Mapper, data: Data, given: Data, result: Data) -> None:
    if _boolean(given.get("noarch_python")):
        result["noarch"] = "python"
    features = listed(given.get("track_features"))
    if features:
        result.setdefault("variant", {})["down_prioritize_variant"] = len(features)
        names = ", ".join(map(str, features))
        message = f"track_features {names}: down_prioritize_variant {len(features)}"
        mapper.note("changed", message, "build", "track_features")
    for key, behaviour in (
        ("error_overlinking", "overlinking_behavior"),
        ("error_overdepending", "overdepending_behavior"),
    ):
        if key in given:
            value = "error" if _boolean(given[key]) else "ignore"
            result.setdefault("dynamic_linking", {})[behaviour] = value
    needs = data.get("requirements") or {}
    if isinstance(needs, dict) and needs.get("build") and not needs.get("host"):
        result["merge_build_and_host_envs"] = True
        text = "requirements/build without host: both are one environment, as in conda-build"
        mapper.note("changed", text, "requirements", "build")


def _script(mapper: Mapper, given: Data, script: bool) -> Data | None:
    """The script with its variables; None if there is nothing to run."""
    content = [str(one) for one in listed(given.get("script")) if one]
    env, secrets = _variables(mapper, given)
    links = [one for one in _LINK_SCRIPTS if one in mapper.files] if script else []
    for name in links:
        mapper.note("changed", f"{name} is copied to bin/.$PKG_NAME-{name} by the script", "build")
    body: Data = {}
    if content:
        body = {"content": content}
    elif script and "build.sh" in mapper.files:
        body = {"file": "build.sh"}
    if links:
        run = content or (['bash -e "$RECIPE_DIR/build.sh"'] if body else [])
        copies = [f'cp "$RECIPE_DIR/{one}" "$PREFIX/bin/.$PKG_NAME-{one}"' for one in links]
        body = {"content": [*run, 'mkdir -p "$PREFIX/bin"', *copies]}
    if not body:
        return None
    return {**body, **({"env": env} if env else {}), **({"secrets": secrets} if secrets else {})}


def _variables(mapper: Mapper, given: Data) -> tuple[dict[str, str], list[str]]:
    """(variables, names of secrets) in script_env: ``NAME`` of the process, or ``NAME=VALUE``.

    The values are written into the package's recipe, except those of tokens and passwords.
    """
    result: dict[str, str] = {}
    secrets: list[str] = []
    for i, one in enumerate(listed(given.get("script_env"))):
        name, equals, value = str(one).partition("=")
        if equals:
            result[name] = value
        elif name in mapper.secrets:
            secrets.append(name)
        elif name in mapper.environ:
            result[name] = mapper.environ[name]
        else:
            text = f"script_env {name}: the variable is not set, and the script will not have it"
            mapper.note("ignored", text, "build", "script_env", i)
    return result, secrets
