"""The process in which rattler and rattler-build run: ``python -m devenv.products.conda.child``.

Both sometimes crash when their interpreter ends, after all work is done. So they run in a separate
process, which writes its answer to a file, flushes, and ends by os._exit. The caller checks the results,
not only the exit code.

    python -m devenv.products.conda.child VERB REQUEST.json ANSWER.json
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devenv.products.conda.child_channel import (
    Data,
    await_channels,
    extract,
    inspect,
    inspected,
    install,
    message_of,
    query,
    solve,
    upload,
)
from devenv.products.conda.silence import watch


def render(request: Data) -> Data:
    """The outputs of each recipe, with their build strings. request: cells, platform."""
    return {"cells": [_rendered(cell, request["platform"]) for cell in request["cells"]]}


def _rendered(cell: Data, platform: str) -> list[Data]:
    try:
        variants = _render(cell, platform)
        return [{**_output(one, platform), "skip": _skip(cell, one, platform)} for one in variants]
    except Exception as error:  # noqa: BLE001 the library's errors have no common class
        return [{"error": message_of(error)}]


def _render(cell: Data, platform: str) -> list[Any]:
    from rattler_build import Stage0Recipe, VariantConfig

    if cell.get("recipe"):
        recipe = Stage0Recipe.from_dict(cell["recipe"], recipe_dir=cell["folder"])
    else:
        recipe = Stage0Recipe.from_file(cell["path"])
    values = {key: list(one) for key, one in cell["variants"].items()}
    config = VariantConfig(values, zip_keys=cell.get("zips") or None)
    return recipe.render(config, _platforms(platform))


def _skip(cell: Data, variant: Any, platform: str) -> str:
    """The condition for which a recipe.yaml is skipped in a variant; empty if it is built.

    The library also renders and builds skipped variants, so the conditions are rendered once more, as
    texts of another recipe.
    """
    import yaml
    from rattler_build import Stage0Recipe, VariantConfig

    if cell.get("recipe"):
        return ""
    data = yaml.safe_load(Path(cell["path"]).read_text(encoding="utf-8"))
    conditions = _conditions(data, variant.recipe.package.name)
    if not conditions:
        return ""
    probe = {
        "context": data.get("context") or {},
        "package": {"name": "probe", "version": "0"},
        "build": {"skip": [one for one in conditions if one not in ("true", "false")]},
        "about": {"summary": "|".join("${{ " + one + " }}" for one in conditions)},
    }
    values = {key: [value] for key, value in variant.variant.items()}
    values |= {k: v[:1] for k, v in cell["variants"].items() if k not in values}
    recipe = Stage0Recipe.from_dict(probe, recipe_dir=str(Path(cell["folder"], "probe")))
    (rendered,) = recipe.render(VariantConfig(values), _platforms(platform))
    answers = str(rendered.recipe.about.summary).split("|")
    return next((c for c, a in zip(conditions, answers, strict=True) if a.lower() == "true"), "")


def _conditions(data: Data, name: str) -> list[str]:
    """The conditions of `skip`, of the whole recipe and of the output with that name."""
    parts = [
        data,
        *(o for o in data.get("outputs") or () if (o.get("package") or {}).get("name") == name),
    ]
    conditions: list[str] = []
    for part in parts:
        skip = (part.get("build") or {}).get("skip")
        conditions += [
            str(one) for one in (skip if isinstance(skip, list) else [skip]) if one is not None
        ]
    return [one.lower() if one in ("True", "False") else one for one in conditions]


def _platforms(platform: str) -> Any:
    from rattler_build import RenderConfig
    from rattler_build.tool_config import PlatformConfig

    return RenderConfig(platform=PlatformConfig(target_platform=platform, experimental=True))


def _output(variant: Any, platform: str) -> Data:
    recipe = variant.recipe
    data = recipe.to_dict()
    build = data.get("build") or {}
    noarch = build.get("noarch")
    return {
        "name": recipe.package.name,
        "version": str(recipe.package.version),
        "build": str(recipe.build.string),
        "number": recipe.build.number,
        "subdir": "noarch" if noarch else platform,
        "variant": {k: str(v) for k, v in variant.variant.items() if k != "target_platform"},
        "requirements": {k: _specs(one) for k, one in (data.get("requirements") or {}).items()},
        "sources": [one["path"] for one in data.get("source") or [] if one.get("path")],
    }


def _specs(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def build(request: Data) -> Data:
    """Build one recipe for one variant, and run its tests. Returns the metadata of each package."""
    from rattler_build import ToolConfiguration

    await_channels(request["channels"])
    listener = _Listener(request)
    tool = ToolConfiguration(
        test_strategy="native", channel_priority=request["priority"], keep_build=False
    )
    for variant in _render(request, request["platform"]):
        with listener.last_words():
            variant.run_build(
                tool_config=tool,
                output_dir=request["output"],
                channels=request["channels"],
                progress_callback=listener,
                package_format="conda:" + str(request["compression"]),
            )
    return {"packages": verify(request)}


class _Listener:
    """Prints the messages of the library, which prints nothing without a listener."""

    def __init__(self, request: Data) -> None:
        self._request = request
        self._script: deque[str] = deque(maxlen=9)
        self._specs: list[str] = []

    def on_log(self, event: Any) -> None:
        text = str(event.message).rstrip()
        print(text, flush=True)
        if text.strip() == "Specs:":
            self._specs = []
        elif text.startswith("   - ") and "://" not in text:
            self._specs.append(text.strip(" -"))
        if str(event.span).startswith("Running") and "To run" not in text:
            self._script.append(text)

    @contextmanager
    def last_words(self) -> Iterator[None]:
        """On a failure, repeat the last lines of the script, which the library's advice follows."""
        try:
            yield
        except BaseException as error:
            if "resolve dependencies" in str(error):
                raise ValueError(self._unresolved()) from None
            words = "\n".join(self._script).split("Script execution failed", 1)[0]
            print("the script said last:", *words.split("\n"), sep="\n  ", flush=True)
            raise

    def _unresolved(self) -> str:
        """Why the last environment has no solution, which the library does not report."""
        answer = solve({**self._request, "specs": self._specs})
        return f"no environment with {', '.join(self._specs)}: {answer.get('error', '')}"

    def on_download_start(self, event: Any) -> None:
        print(f"downloading {event.url}", flush=True)

    def on_download_progress(self, event: Any) -> None: ...

    def on_download_complete(self, event: Any) -> None: ...

    def on_build_step(self, event: Any) -> None: ...


def verify(request: Data) -> Data:
    """The metadata of each package, by its path. ValueError for packages that are missing, unreadable or
    without files.

    request: output, the channel with them; expected (place, empty: whether it may have no files).
    """
    wrong, packages = [], {}
    for output in request["expected"]:
        path = Path(request["output"], output["place"])
        data = inspected(path) if path.is_file() else {"error": "it was not made"}
        packages[output["place"]] = data
        if "error" in data:
            wrong.append(f"{path.name}: {data['error']}")
        elif not data["files"] and not output["empty"]:
            wrong.append(
                f"{path.name}: the build put no files into it (a failed command in a pipe?)"
            )
    if wrong:
        raise ValueError("; ".join(wrong))
    return packages


def test(request: Data) -> Data:
    """Run the tests of a package, each in a fresh environment from the channels."""
    from rattler_build import Package

    await_channels(request["channels"])
    package = Package.from_file(request["package"])
    results = package.run_tests(
        channel=request["channels"],
        channel_priority=request["priority"],
        progress_callback=_Listener(request),
    )
    return {
        "tests": [
            {"name": type(one).__name__, "success": result.success, "output": list(result.output)}
            for one, result in zip(package.tests, results, strict=True)
        ]
    }


VERBS: dict[str, Callable[[Data], Data]] = {
    "render": render,
    "build": build,
    "inspect": inspect,
    "extract": extract,
    "test": test,
    "upload": upload,
    "solve": solve,
    "query": query,
    "install": install,
}


def main(arguments: list[str]) -> int:
    """Carry out one verb. arguments: VERB, the path of the request, the path of the answer.

    Returns the exit code. If it is 1, a line of stdout that begins with ``error:`` has the reason,
    and there is no answer.
    """
    verb, request, answer = arguments
    try:
        data = json.loads(Path(request).read_text(encoding="utf-8"))
        watch(data, os.environ)
        result = VERBS[verb](data)
    except BaseException as error:  # noqa: BLE001 a panic of the library is not an Exception
        print(f"error: {message_of(error)}", flush=True)
        if not str(error).strip():
            traceback.print_exc()
        return 1
    staged = Path(answer + ".part")
    staged.write_text(json.dumps(result), encoding="utf-8")
    staged.replace(answer)
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
