"""Code common to bash, zsh and POSIX sh: quoting, and the activation script of a generation.

The script begins with the short cut (devenv.shells.quick). The rest is read only if that does not apply:
a shell that sources a file reads only as far as it executes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.shells.program import Listed, ListEdit, Operation, program
from devenv.shells.quick import quick
from devenv.shells.short import edits, tests

_PLAIN = re.compile(r"[A-Za-z0-9_%+:,./-]+", re.ASCII)
"""Words that mean nothing special to any of these shells. zsh expands a word that begins with =."""

COMMON = ("lists.sh", "delta.sh", "modules.sh", "function.sh")


@dataclass(frozen=True)
class Bourne:
    """A shell of the Bourne family.

    runtime: the files in this directory with its functions. guard: the first line of the short cut; it
    fails if the shell cannot know whether the short cut applies. before: the first lines of a script.
    done: a test that the short cut did all there is to do. flags: options of `set` that a script turns
    off.
    """

    name: str
    suffix: str
    runtime: tuple[str, ...]
    guard: str = ":"
    before: str = ""
    flags: str = "a"
    done: str = '[ -n "${__devenv_done-}" ]'

    def quote(self, text: str) -> str:
        if "\0" in text:
            raise UsageError(f"{text!r} contains a NUL", fix="No shell can hold one: remove it.")
        return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"

    def activation_script(self, generation: Generation, path: str) -> str:
        head = self.before.replace("{folder}", self.quote(path.rpartition("/")[0]))
        text = "".join([head, self._without_flags(path), self._quick(generation, path)])
        return text + self._whole(generation)

    def source(self, path: str) -> str:
        return f". {self.quote(path)}\n"

    def deactivation_script(self) -> str:
        return self._functions() + "__devenv_enter __devenv_deactivate\n"

    def shell_init(self, home: str) -> str:
        return self._functions() + f"__devenv_home={self.quote(home)}\n"

    def assignments(self, variables: Iterable[tuple[str, str | None]]) -> str:
        return "".join(f"{self._assignment(name, value)}\n" for name, value in variables)

    def _assignment(self, name: str, value: str | None) -> str:
        return f"unset -v {name}" if value is None else f"export {name}={self.quote(value)}"

    def _functions(self) -> str:
        folder = files(__package__)
        parts = ((folder / part).read_text(encoding="utf-8") for part in self.runtime)
        text = "\n".join(parts)
        mark = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"__devenv_shell={self.name} __devenv_is={mark}\n{text}"

    def _without_flags(self, path: str) -> str:
        """Under `set -a` our functions and variables would be in the user's environment.

        Under bash's `set -k`, `export NAME=value` exports nothing.
        """
        source = f". {self.quote(path)}"
        cases = (
            f"  *{f}*) set +{f}; if {source}; then set -{f}; return 0; else set -{f}; return 1; fi ;;\n"
            for f in self.flags
        )
        return f"case $- in\n{''.join(cases)}esac\n"

    # -- the short cut -----------------------------------------------------------------------------

    def _quick(self, generation: Generation, path: str) -> str:
        short_cut = quick(generation.delta)
        if short_cut is None or generation.base:
            return "__devenv_quick() { return 1; }\n"
        lines = [
            self.guard,
            *tests(generation, short_cut, self.quote),
            *self._exported(tuple(each.name for each in short_cut.lists)),
            *edits(generation.name, short_cut, self.quote),
            '[ -n "${__devenv_shell-}" ] || __devenv_done=1',
        ]
        body = "".join(f"  {line}\n" for line in lines)
        stub = "".join(
            f"  {line}\n" for line in ("unset -v __devenv_done", *self._stub(path), "return 0")
        )
        return (
            f"__devenv_quick() {{\n{body}}}\n"
            "unset -v __devenv_done\n"
            f'__devenv_quick && [ -n "${{__devenv_shell-}}" ] && return 0\n'
            f"if {self.done}; then\n{stub}fi\n"
        )

    def _exported(self, names: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Lines that leave the function if one of these variables is set but not exported."""
        return ()

    def _stub(self, path: str) -> Sequence[str]:
        """Until its first use, `devenv` is a function that reads the rest. Why eval: see function.sh."""
        init = f'eval "$(command devenv shell-init {self.name})"'
        read = f"__devenv_mode=functions; . {self.quote(path)}; unset -v __devenv_mode"
        body = f'if [ -r {self.quote(path)} ]; then {read}; else {init}; fi; devenv "$@"'
        return (
            "unalias devenv 2>/dev/null || :",
            f"eval {self.quote(f'devenv() {{ unset -f devenv; {body}; }}')}",
        )

    # -- the whole ---------------------------------------------------------------------------------

    def _whole(self, generation: Generation) -> str:
        """The call comes last: its status is the status of `source`."""
        sources = [(o.package, o.root, generation.name) for o in generation.overlays]
        checks = [self._call("__devenv_source", *each) + " || set -- missing" for each in sources]
        if generation.python:
            python = self._call("__devenv_python", generation.python, generation.name)
            checks.append(f"{python} || set -- missing")
        edits = [line for each in program(generation.delta) for line in self._operation(each)]
        base = [":"]
        if generation.base:
            modules = generation.base
            words = (modules.home, modules.path, *modules.names, "--", *modules.modules)
            base = [self._call("__devenv_load", *words)]
        functions = {
            "__devenv_check": [*checks, '[ "$#" -eq 0 ]'],
            "__devenv_base": base,
            "__devenv_edits": edits,
        }
        body = "".join(
            f"{function}() {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
            for function, lines in functions.items()
        )
        own, enter = self._functions(), self._enter(generation)
        mark = own.split("__devenv_is=")[1].split("\n")[0]
        # If the functions are defined already, the shell reads no further.
        defined = f"case ${{__devenv_is-}}${{__devenv_mode-}} in {mark})\n{enter}return ;; esac\n"
        functions_only = '[ "${__devenv_mode-}" != functions ] || return 0\n'
        return f"{body}{defined}{own}{functions_only}{enter}"

    def _enter(self, generation: Generation) -> str:
        return f"__devenv_enter __devenv_activate {checked_name(generation.name)}\n"

    def _operation(self, operation: Operation) -> list[str]:
        if isinstance(operation, Listed):
            batches = [self._batch(batch, operation) for batch in operation.batches]
            return [f"__devenv_open_list {operation.name}", *batches, "__devenv_close_list"]
        if operation.value is None:
            return [f"__devenv_unset {operation.name}"]
        return [self._call("__devenv_set", operation.name, operation.value)]

    def _batch(self, batch: ListEdit, variable: Listed) -> str:
        call = self._call(f"__devenv_{batch.kind}", *batch.values)
        if not batch.only_over:
            return call
        return f"! {self._call('__devenv_foreign', *variable.ours)} || {call}"

    def _call(self, function: str, *words: str) -> str:
        return " ".join([function, *map(self.quote, words)])
