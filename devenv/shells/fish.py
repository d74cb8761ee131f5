"""fish. Its functions are fish.fish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.shells.dialect import Session
from devenv.shells.program import Batch, Listed, Operation, program


@dataclass(frozen=True)
class Fish:
    """The dialect of fish 3.4 and later."""

    name: str = "fish"
    suffix: str = "fish"

    def quote(self, text: str) -> str:
        if "\0" in text:
            raise UsageError(
                f"{text!r} has a NUL in it", fix="No shell can hold one: leave it out."
            )
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def activation_script(self, generation: Generation, path: str) -> str:  # noqa: ARG002
        checks = ["set -l gone"]
        for overlay in generation.overlays:
            source = (overlay.package, overlay.root, generation.name)
            checks.append(self._call("__devenv_source", *source) + "; or set gone 1")
        checks.append('test -z "$gone"')
        base = ["true"]
        if generation.base:
            words = (generation.base_home, *generation.base_names, "--", *generation.base)
            base = [self._call("__devenv_load", *words)]
        edits = [line for each in program(generation.delta) for line in self._operation(each)]
        functions = {"__devenv_check": checks, "__devenv_base": base, "__devenv_edits": edits}
        body = "".join(
            f"function {function}\n" + "".join(f"    {line}\n" for line in lines) + "end\n"
            for function, lines in functions.items()
        )
        return f"{_functions()}{body}__devenv_enter __devenv_activate {checked_name(generation.name)}\n"

    def source(self, path: str) -> str:
        return f"source {self.quote(path)}\n"

    def deactivation_script(self) -> str:
        return _functions() + "__devenv_enter __devenv_deactivate\n"

    def shell_init(self, home: str) -> str:
        return _functions() + f"set -g __devenv_home {self.quote(home)}\n"

    def assignments(self, variables: Iterable[tuple[str, str | None]]) -> str:
        return "".join(
            f"set -e {name}\n" if value is None else f"set -gx {name} {self.quote(value)}\n"
            for name, value in variables
        )

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:  # noqa: ARG002
        return Session(("-C", self.source(script)))

    def _operation(self, operation: Operation) -> list[str]:
        if isinstance(operation, Listed):
            batches = [self._batch(batch, operation) for batch in operation.batches]
            return [f"__devenv_open_list {operation.name}", *batches, "__devenv_close_list"]
        if operation.value is None:
            return [f"__devenv_unset {operation.name}"]
        return [self._call("__devenv_set", operation.name, operation.value)]

    def _batch(self, batch: Batch, variable: Listed) -> str:
        call = self._call(f"__devenv_{batch.kind}", *batch.values)
        if not batch.only_over:
            return call
        return f"{self._call('__devenv_foreign', *variable.ours)}; and {call}"

    def _call(self, function: str, *words: str) -> str:
        return " ".join([function, *map(self.quote, words)])


def _functions() -> str:
    return (files(__package__) / "fish.fish").read_text(encoding="utf-8")
