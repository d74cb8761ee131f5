"""What bash, zsh and POSIX sh have in common: quoting, and the script that a generation holds.

The script begins with the short cut (devenv.shells.quick). What follows it is read only where that does
not apply: a shell that sources a file reads on only as far as it executes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.shells.program import RECORD, Batch, Listed, Operation, program
from devenv.shells.quick import Quick, QuickList, quick

_PLAIN = re.compile(r"[A-Za-z0-9_%+:,./-]+", re.ASCII)
"""What no shell of the family takes for anything else: a word that begins with = is looked up by zsh."""

COMMON = ("modules.sh", "function.sh")


@dataclass(frozen=True)
class Bourne:
    """A shell of the Bourne family.

    runtime: the files beside this one with its functions. guard: begins the short cut; it fails where
    the short cut cannot be told to apply. exported: fails for a variable {name} that is not exported.
    before: what stands in front of all else in a script.
    """

    name: str
    suffix: str
    runtime: tuple[str, ...]
    guard: str = ":"
    exported: str = ""
    before: str = ""

    def quote(self, text: str) -> str:
        if "\0" in text:
            raise UsageError(
                f"{text!r} has a NUL in it", fix="No shell can hold one: leave it out."
            )
        return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"

    def activation_script(self, generation: Generation, path: str) -> str:
        head = self.before.replace("{folder}", self.quote(path.rpartition("/")[0]))
        return "".join([head, self._quick(generation, path), self._whole(generation)])

    def source(self, path: str) -> str:
        return f". {self.quote(path)}\n"

    def deactivation_script(self) -> str:
        return self._functions() + "__devenv_enter __devenv_deactivate\n"

    def shell_init(self, home: str) -> str:
        return self._functions() + f"__devenv_home={self.quote(home)}\n"

    def assignments(self, variables: Iterable[tuple[str, str | None]]) -> str:
        return "".join(f"{self._assignment(name, value)}\n" for name, value in variables)

    def _assignment(self, name: str, value: str | None) -> str:
        return f"unset {name}" if value is None else f"export {name}={self.quote(value)}"

    def _functions(self) -> str:
        folder = files(__package__)
        parts = ((folder / part).read_text(encoding="utf-8") for part in self.runtime)
        return f"__devenv_shell={self.name}\n" + "\n".join(parts)

    def _after_quick(self) -> str:
        return "__devenv_quick && return 0"

    # -- the short cut -----------------------------------------------------------------------------

    def _quick(self, generation: Generation, path: str) -> str:
        found = quick(generation.delta)
        if found is None or generation.base:
            return ""
        lines = [*self._tests(generation, found), *self._edits(generation.name, found)]
        body = "".join(f"  {line}\n" for line in [self.guard, *lines, *self._stub(path)])
        return f"__devenv_quick() {{\n{body}}}\n{self._after_quick()}\n"

    def _tests(self, generation: Generation, found: Quick) -> list[str]:
        """Lines that leave the function where the short cut does not apply; nothing is changed yet."""
        there = "".join(f"${{{name}+x}}" for name in (*found.scalars, RECORD, "__devenv_mode"))
        tests = [f'[ -z "{there}" ] || return 1']
        tests += [f"[ -d {self.quote(o.root)} ] || return 1" for o in generation.overlays]
        return tests + [test for each in found.lists for test in self._list_tests(each)]

    def _list_tests(self, each: QuickList) -> list[str]:
        avoided = [
            f"*:{self.quote(entry)}{'*' if entry.endswith('/') else ':*'}" for entry in each.avoid
        ]
        # What is unset becomes :::, which is in need of tidying.
        pattern = "|".join(["*::*", "*:.:*", *avoided])
        unset = f'[ -z "${{{each.name}+x}}" ]'
        tests = [f'case ":${{{each.name}-:}}:" in {pattern}) {unset} || return 1 ;; esac']
        if self.exported:
            tests.append(f"{unset} || {self.exported.replace('{name}', each.name)} || return 1")
        return tests

    def _edits(self, name: str, found: Quick) -> list[str]:
        lines = [f"export {RECORD}={self.quote(found.record)}"]
        lines += [self._assignment(key, value) for key, value in found.values]
        for each in found.lists:
            record = f'export {RECORD}="${RECORD}"'
            there = f"export {each.name}={self._around(each)}; {record}{self.quote(each.added)}"
            alone = "" if each.alone is None else (
                f"{self._assignment(each.name, each.alone)}; {record}{self.quote(each.added_alone)}"
            )  # fmt: skip
            lines.append(f'if [ -n "${{{each.name}+x}}" ]; then {there}; else {alone or ":"}; fi')
        lines.append(
            f'[ -z "${{PS1+x}}" ] || [ -n "${{DEVENV_NO_PROMPT-}}" ] || PS1="({name}) $PS1"'
        )
        return lines

    def _around(self, each: QuickList) -> str:
        front = self.quote(each.front) if each.front else ""
        back = self.quote(each.back) if each.back else ""
        return f'{front}"${each.name}"{back}'

    def _stub(self, path: str) -> Sequence[str]:
        """Until it is used, `devenv` is a function that reads the functions."""
        init = f'eval "$(command devenv shell-init {self.name})"'
        return (
            '[ -n "${__devenv_shell-}" ] || devenv() {',
            "  unset -f devenv",
            f"  if [ -r {self.quote(path)} ]; then",
            f"    __devenv_mode=functions; . {self.quote(path)}; unset __devenv_mode",
            f"  else {init}; fi",
            '  devenv "$@"',
            "}",
        )

    # -- the whole ---------------------------------------------------------------------------------

    def _whole(self, generation: Generation) -> str:
        """The call comes last: its status is that of the `source`."""
        sources = [(o.package, o.root, generation.name) for o in generation.overlays]
        checks = [self._call("__devenv_source", *each) + " || set -- gone" for each in sources]
        edits = [line for each in program(generation.delta) for line in self._operation(each)]
        base = [":"]
        if generation.base:
            found = generation.base
            words = (found.home, found.path, *found.names, "--", *found.modules)
            base = [self._call("__devenv_load", *words)]
        functions = {
            "__devenv_check": [*checks, "[ $# -eq 0 ]"],
            "__devenv_base": base,
            "__devenv_edits": edits,
        }
        body = "".join(
            f"{function}() {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
            for function, lines in functions.items()
        )
        functions_only = '[ "${__devenv_mode-}" != functions ] || return 0\n'
        return f"{self._functions()}{functions_only}{body}{self._enter(generation)}"

    def _enter(self, generation: Generation) -> str:
        return f"__devenv_enter __devenv_activate {checked_name(generation.name)}\n"

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

    def _call(self, function: str, *words: str) -> str:
        return " ".join([function, *map(self.quote, words)])
