"""A third engine, and devenv with it: what an engine is at the least.

It makes environments of a bare Python and of one tool, ``toy``, in the version that `packages` of
environment.yaml names; version 0 fails, with a log in the environment. It has no NEURON and no models.
"""

from __future__ import annotations

from pathlib import Path

from devenv.cli.app import main
from devenv.config.catalogue import load_catalogue
from devenv.core import engines
from devenv.core.base import Base
from devenv.core.components import Component
from devenv.core.environment import Environment, Generation, Lock
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Plan, Run, Write
from devenv.core.result import Result
from devenv.engines import registry
from devenv.engines.protocol import Engine
from devenv.environment.build_request import (
    BuildRequest,
    comparable_generation,
    result_of,
    up_to_date,
)
from devenv.environment.contents import Contents
from devenv.environment.foundation import (
    Foundation,
    interpreter_of,
    source_state,
    template_of,
    variants_of,
    with_dev_sources,
)
from devenv.environment.generation import make_generation
from devenv.environment.handle import Env
from devenv.models.neuron import Installed
from devenv.sources.folders import roots_of
from devenv.sources.overlays import overlay_of
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.system import git

LOCK = "toy.lock"


class ToyEngine(Engine):
    """A bare Python and the tool."""

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        return make_generation(env, self.foundation(env, environment, lock), None)

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        before, in_use = env.in_use
        lock = lock or in_use
        return make_generation(env, self.foundation(env, environment, lock), None, current=before)

    def build(self, env: Env, request: BuildRequest) -> Result:
        with changing(env.context, env.name):
            env = env.reopen()
            before, lock = env.in_use
            foundation = self.foundation(env, env.request, lock)
            after = make_generation(
                env, foundation, None, current=comparable_generation(before, request)
            )
        if before and before.number == after.number:
            return up_to_date(after)
        return result_of(after, [f"{env.name}: generation {after.number}, a toy"], 0)

    def why(self, env: Env, request: BuildRequest) -> Result:
        return Result((f"{env.name}: a toy of {_version(env.request)}",))

    def foundation(self, env: Env, environment: Environment, lock: Lock | None) -> Foundation:
        template, version = template_of(env.context, environment), _version(environment)
        interpreter = interpreter_of(environment, template, lock, env.context.environ)
        states = {one.package: git.state(Path(one.path)) for one in environment.develop}
        sources = tuple(overlay_of(env.context, o, states[o.package]) for o in environment.develop)
        found = tuple(source_state(one, states[one.package]) for one in environment.develop)
        catalogue = with_dev_sources(load_catalogue(), environment.develop)
        prefix = env.layout.root / "toy" / version
        if not prefix.exists():
            tool = Write(str(prefix / "bin/toy"), f"#!/bin/sh\necho toy {version}\n", True)
            python = Run((interpreter.path, "-m", "venv", "--without-pip", str(prefix)))
            fails = Run(("sh", "-c", "echo there is no toy 0; exit 1"), log=f"{prefix}.log")
            steps = (python, tool) if version != "0" else (fails,)
            carry_out(env.context, Plan(f"toy {version}", steps))
        site = prefix / interpreter.site
        return Foundation(
            environment,
            template,
            variants_of(environment, template),
            Lock(environment, interpreter.path, interpreter.version, (), (), "", sources=found),
            Installed(interpreter, prefix, prefix),
            sources,
            None,
            catalogue,
            roots_of({one.package: one.root for one in sources}, site, None, catalogue),
            Base(),
            env.context.environ,
            files={LOCK: version},
            bins=(str(prefix / "bin"),),
            sites=(str(site),),
        )

    def contents(self, folder: GenerationLayout) -> Contents:
        version = (folder.root / LOCK).read_text(encoding="utf-8")
        return Contents((Component("package", "toy", version),))


def _version(environment: Environment) -> str:
    return environment.packages[0].partition("==")[2] if environment.packages else "1"


if __name__ == "__main__":
    engines.ENGINES["toy"] = engines.EngineFacts("a bare Python and a tool")
    registry.ENGINES["toy"] = ToyEngine
    main()
