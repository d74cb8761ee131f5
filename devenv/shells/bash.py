"""bash. Its scripts are bash.sh and, for an environment, two functions that bash.sh calls."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from devenv.core.delta import Change
from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.shells.program import Batch, Listed, Operation, checked_variable, program
from devenv.shells.record import encode


@dataclass(frozen=True)
class Bash:
    """The dialect of bash 3.2 and later."""

    name: str = "bash"
    suffix: str = "sh"

    def quote(self, text: str) -> str:
        if "\0" in text:
            raise UsageError(
                f"{text!r} has a NUL in it", fix="No shell can hold one: leave it out."
            )
        return shlex.quote(text)

    def activation_script(self, generation: Generation) -> str:
        words = [
            (overlay.package, overlay.root, generation.name) for overlay in generation.overlays
        ]
        checks = [self._call("__devenv_source", *each) + " || set -- gone" for each in words]
        edits = [line for each in program(generation.delta) for line in self._operation(each)]
        return self._script(generation.name, [*checks, "[ $# -eq 0 ]"], edits)

    def activation_code(self, name: str, changes: Iterable[Change]) -> str:
        changes = tuple(changes)
        edits = [self._assignment(change.name, change.after) for change in changes]
        edits.append(f"__devenv_changes={self.quote(encode(changes))}")
        return self._script(name, [":"], edits)

    def deactivation_script(self) -> str:
        return runtime() + "__devenv_enter __devenv_deactivate\n"

    def shell_init(self, home: str) -> str:
        return runtime() + f"__devenv_home={self.quote(home)}\n"

    def failure(self, message: str) -> str:
        return f"printf '%s\\n' {self.quote(message)} >&2; false\n"

    def _script(self, name: str, checks: Iterable[str], edits: Iterable[str]) -> str:
        """The call comes last: its status is that of the `source` or `eval`."""
        functions = {"__devenv_check": checks, "__devenv_edits": edits}
        body = "".join(
            f"{function}() {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
            for function, lines in functions.items()
        )
        return f"{runtime()}{body}__devenv_enter __devenv_activate {checked_name(name)}\n"

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
        return f"! {self._call('__devenv_foreign', *variable.ours)} || {call}"

    def _assignment(self, name: str, value: str | None) -> str:
        checked_variable(name)
        return f"unset {name}" if value is None else f"export {name}={self.quote(value)}"

    def _call(self, function: str, *words: str) -> str:
        return " ".join([function, *map(self.quote, words)])


def runtime() -> str:
    """The functions that every script of ours needs: bash.sh, as it stands beside this file."""
    return (files(__package__) / "bash.sh").read_text(encoding="utf-8")
