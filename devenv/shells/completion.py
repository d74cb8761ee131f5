"""Completion code for each shell that supports it: the Tab key calls devenv."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.shells.registry import DIALECTS

_BASH = r"""__devenv_complete() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [ "$line" = :files ]; then compopt -o default -o bashdefault 2>/dev/null; return; fi
        COMPREPLY+=("$line")
    done < <({ask} bash "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    case ${COMPREPLY[0]} in *=) [ ${#COMPREPLY[@]} = 1 ] && compopt -o nospace 2>/dev/null ;; esac
}
complete -F __devenv_complete devenv
"""
_ZSH = r"""__devenv_complete() {
    local -a lines
    lines=("${(@f)$({ask} zsh "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
    if [[ ${lines[1]} == :files ]]; then _files; return; fi
    [[ -n ${lines[1]} ]] && _describe -V devenv lines
}
if (( $+functions[compdef] )); then compdef __devenv_complete devenv; fi
"""
_FISH = r"""function __devenv_complete
    set -l lines ({ask} fish (commandline -opc) (commandline -ct) 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $lines
    end
end
complete -c devenv -f -k -a '(__devenv_complete)'
"""
# On one line, since tcsh joins evaluated lines. The command is in a variable, since a path with a blank
# cannot be written within backquotes in quotes.
_TCSH = """set __devenv_ask = ({ask} tcsh); complete devenv 'p@*@`$__devenv_ask:q`@'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "tcsh": _TCSH}


def completion_script(shell: str, ask: Sequence[str]) -> str:
    """Code to evaluate in `shell`; empty if it has no completion. ask: the command that completes."""
    dialect = DIALECTS[shell]
    return _SCRIPTS.get(shell, "").replace("{ask}", " ".join(map(dialect.quote, ask)))
