"""devenv conda test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.core.plan import Plan, Write
from devenv.core.result import Finding, Result, Table
from devenv.products.conda import engine
from devenv.products.conda.inspection import packages_of
from devenv.products.conda.package import file_findings
from devenv.products.conda.publishing import address
from devenv.products.conda.silence import silence_reported
from devenv.store.carry import carry_out
from devenv.system.files import temporary_folder


@dataclass(frozen=True)
class CondaTestRequest:
    """What was typed. channels: where its needs come from, beside the channel that it stands in."""

    packages: tuple[Path, ...]
    channels: tuple[str, ...] = ()
    priority: str = "strict"


def test(context: Context, request: CondaTestRequest) -> Result:
    """Run the tests of packages, each in a fresh environment. Exit code 1 where one fails."""
    engine.require()
    rows: list[tuple[str, str, str]] = []
    findings: list[Finding] = []
    for one in request.packages:
        path = (context.cwd / one).resolve()
        _refuse_unsound(context, path)
        log = context.layout.home / "logs" / f"conda-test-{digest(str(path))[:12]}.log"
        results = _tested(context, path, request, log)
        if not results:
            problem = f"{path.name}: the package has no tests"
            findings.append(
                Finding("conda-untested", "warning", problem, fix="Add some to its recipe.")
            )
        for number, result in enumerate(results, 1):
            rows.append((path.name, f"{number} {result['name']}", _word(result)))
            findings += [] if result["success"] else [_failure(path, number, result, log)]
    code = 1 if any(one.severity == "error" for one in findings) else 0
    return Result((), Table(("package", "test", "result"), tuple(rows)), tuple(findings), code=code)


def _refuse_unsound(context: Context, path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"{path}: no such file", fix="Name package files.")
    (package,) = packages_of([path], context.layout.home / "conda", context.environ)
    wrong = [one for one in file_findings(package) if one.id != "conda-subdir"]
    if wrong:
        raise UsageError(wrong[0].what, fix=wrong[0].fix)


def _tested(
    context: Context, path: Path, request: CondaTestRequest, log: Path
) -> list[dict[str, Any]]:
    own = path.parent.parent
    channels = [own.as_uri()] if (path.parent / "repodata.json").is_file() else []
    channels += [address(one, context.cwd) for one in request.channels]
    asked = {"package": str(path), "channels": channels, "priority": request.priority}
    with temporary_folder(context.layout.home / "conda") as scratch:
        question, answer = scratch / "request.json", scratch / "answer.json"
        step = engine.step("test", question, answer, title=f"testing {path.name}", log=log)
        plan = Plan(f"tests of {path.name}", (Write(str(question), json.dumps(asked)), step))
        with silence_reported():
            carry_out(context, plan)
        found: list[dict[str, Any]] = engine.answer_of(answer)["tests"]
    return found


def _word(result: dict[str, Any]) -> str:
    return "passed" if result["success"] else "FAILED"


def _failure(path: Path, number: int, result: dict[str, Any], log: Path) -> Finding:
    # The library's advice on running it by hand is about a directory that is gone.
    text = "\n".join(result["output"]).split("Script execution failed", 1)[0]
    last = [line.rstrip() for line in text.splitlines() if line.strip()][-12:]
    what = f"{path.name}: test {number} ({result['name']}) failed"
    return Finding("conda-test", "error", what, "\n".join(last), f"The whole output is in {log}")
