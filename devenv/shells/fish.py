"""fish. Its functions are fish.fish, modules.fish and function.fish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.shells.dialect import Session
from devenv.shells.program import Listed, ListEdit, Operation, program
from devenv.shells.quick import QuickList, quick

_RUNTIME = ("fish.fish", "modules.fish", "function.fish")


@dataclass(frozen=True)
class Fish:
    """The dialect of fish 3.4 and later."""

    name: str = "fish"
    suffix: str = "fish"

    def quote(self, text: str) -> str:
        if "\0" in text:
            raise UsageError(f"{text!r} contains a NUL", fix="No shell can hold one: remove it.")
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def activation_script(self, generation: Generation, path: str) -> str:
        checks = ["set -l missing"]
        for overlay in generation.overlays:
            source = (overlay.package, overlay.root, generation.name)
            checks.append(self._call("__devenv_source", *source) + "; or set missing 1")
        if generation.python:
            python = self._call("__devenv_python", generation.python, generation.name)
            checks.append(f"{python}; or set missing 1")
        checks.append('test -z "$missing"')
        base = ["true"]
        if generation.base:
            modules = generation.base
            words = (modules.home, modules.path, *modules.names, "--", *modules.modules)
            base = [self._call("__devenv_load", *words)]
        edits = [line for each in program(generation.delta) for line in self._operation(each)]
        functions = {"__devenv_check": checks, "__devenv_base": base, "__devenv_edits": edits}
        body = "".join(
            f"function {function}\n" + "".join(f"    {line}\n" for line in lines) + "end\n"
            for function, lines in functions.items()
        )
        enter = f"__devenv_enter __devenv_activate {checked_name(generation.name)}\n"
        more = f'if test "$__devenv_mode" != functions\n{body}{enter}end\n'
        # No `return`: in fish it would return from the user's function that sources this.
        return f"{self._quick(generation, path)}else\n{_functions()}{more}end\n"

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

    # -- the short cut -----------------------------------------------------------------------------

    def _quick(self, generation: Generation, path: str) -> str:
        short = quick(generation.delta)
        if short is None or generation.base:
            return "if false\n"
        names = ("DEVENV_RECORD", "__devenv_mode", *short.scalars)
        tests = [f"set -q {name}; and return 1" for name in names]
        if generation.python:
            tests.append(f"test -x {self.quote(generation.python)}; or return 1")
        tests += [f"test -d {self.quote(o.root)}; or return 1" for o in generation.overlays]
        tests += [line for each in short.lists for line in self._list_tests(each)]
        edits = [f"set -gx {name} {self.quote(value)}" for name, value in short.values]
        edits.append(f"set -l record {self.quote(short.record(n for n, _ in short.values))}")
        edits += [line for each in short.lists for line in self._list_edits(each)]
        lines = [*tests, *edits, "set -gx DEVENV_RECORD $record", "return 0"]
        body = "".join(f"    {line}\n" for line in lines)
        return f"function __devenv_quick\n{body}end\n{self._after_quick(path)}"

    def _list_tests(self, each: QuickList) -> list[str]:
        name = each.name
        avoided = (_literal(e) + ("" if e.endswith("/") else ":") for e in each.avoid)
        avoid = self.quote(f":({'|'.join([':', r'[.]:', *avoided])})")
        return [
            f'set -l --path old_{name} "${name}"',
            f"if set -q {name}",
            f"    set -qx {name}; or return 1",
            f'    string match -qr -- {avoid} ":$old_{name}:"; and return 1',
            "end",
        ]

    def _list_edits(self, each: QuickList) -> list[str]:
        joined = f'{self.quote(each.front)}"$old_{each.name}"{self.quote(each.back)}'
        if_set = f"set -gx {each.name} {joined}; set record $record{self.quote(each.added)}"
        alone = "true"
        if each.alone is not None:
            value = self.quote(each.alone)
            alone = f"set -gx {each.name} {value}; set record $record{self.quote(each.added_alone)}"
        return [f"if set -q {each.name}; {if_set}; else; {alone}; end"]

    def _after_quick(self, path: str) -> str:
        """Until its first use, `devenv` is a function that reads the rest. So does the prompt."""
        load = f"set -g __devenv_mode functions; source {self.quote(path)}; set -e __devenv_mode"
        lines = (
            "if __devenv_quick",
            "    if not functions -q __devenv_enter",
            "        function devenv",
            "            functions -e devenv",
            f"            if test -r {self.quote(path)}; {load}",
            "            else; command devenv shell-init fish | source; end",
            "            devenv $argv",
            "        end",
            "    end",
            "    if status is-interactive",
            f"        {load}",
            "        __devenv_show_prompt",
            "    end",
            "    true",
        )
        return "\n".join(lines) + "\n"

    # -- the whole ---------------------------------------------------------------------------------

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
        return f"{self._call('__devenv_foreign', *variable.ours)}; and {call}"

    def _call(self, function: str, *words: str) -> str:
        return " ".join([function, *map(self.quote, words)])


def _literal(text: str) -> str:
    """A regular expression that matches `text` literally."""
    return "".join(
        c if c.isalnum() or c in "/_-" else f"[{c}]" if c not in "\\^]" else f"\\{c}" for c in text
    )


def _functions() -> str:
    parts = (files(__package__) / name for name in _RUNTIME)
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)
