"""devenv doctor: every check judges the evidence; --fix repairs what a link or a build can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from devenv.checks import judge_all
from devenv.config.resources import resource_folder
from devenv.core.delta import apply
from devenv.core.plan import Link, Plan
from devenv.core.result import Finding, Result
from devenv.engines.registry import engine
from devenv.environment.build_request import BuildRequest
from devenv.environment.evidence import context_on_base, gather_evidence
from devenv.environment.handle import Env
from devenv.store.carry import carry_out
from devenv.upkeep.build import build

MENDED_BY_BUILD = ("intact", "import", "special", "start", "hoc", "variable", "stale", "missing")


def doctor(env: Env, *, fix: bool = False) -> Result:
    """Every finding; exit code 1 where one is an error. fix: mend what is ours, and look again."""
    context, name = env.context, env.name
    if fix:
        _relink(env)
        env = env.reopen()
    evidence = gather_evidence(env)
    findings = (*judge_all(evidence), *_of_engine(env))
    bad = {f.id for f in findings if f.severity in ("error", "warning")} & set(MENDED_BY_BUILD)
    # Without these nothing can be built.
    lacking = evidence.missing_sources or evidence.base_error
    if fix and bad and not lacking:
        context.say(f"rebuilding {name}, for: {', '.join(sorted(bad))}")
        build(env, BuildRequest(force=True))
        env = env.reopen()
        findings = (*judge_all(gather_evidence(env)), *_of_engine(env))
    failed = any(finding.severity == "error" for finding in findings)
    shown = tuple(map(_with_page, findings))
    return Result(findings=shown, data={"name": name}, code=1 if failed else 0)


def _with_page(finding: Finding) -> Finding:
    """With the address of its section in the pages that come with devenv."""
    if finding.severity == "ok":
        return finding
    page = resource_folder("docs") / "how-to" / "troubleshoot.md"
    return replace(finding, page=f"{page.as_uri()}#{finding.id}")


def _of_engine(env: Env) -> Iterator[Finding]:
    """What the engine reports of its own packages."""
    below, error = context_on_base(env.context, env.generation)
    if not error:
        environ = apply(env.generation.delta, below.environ)
        yield from engine(env.generation.engine).findings(env, environ)


def _relink(env: Env) -> None:
    """`current` to the newest generation that is whole, where it leads to none."""
    layout = env.layout
    whole = [p.parent for p in layout.generations.glob("*/environment.json")]
    if not whole or (layout.current / "environment.json").is_file():
        return
    newest = max(whole, key=lambda folder: int(folder.name))
    env.context.say(
        f"{layout.current} pointed to no complete generation; it points to {newest.name} now"
    )
    link = Link(str(layout.current), f"generations/{newest.name}")
    carry_out(env.context, Plan("relink", (link,)))
