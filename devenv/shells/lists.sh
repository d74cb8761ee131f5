# Path lists of a thousand entries, in every shell of the Bourne family: see bash.sh and sh.sh.

__devenv_absent() { # is the entry $1 not in the list? What it shares with its neighbours is looked for once
  # __devenv_near: what no entry of the list begins with; : for nothing
  case $1 in "$__devenv_near"?*) return 0 ;; esac
  case $__devenv_list in *":$1:"*) return 1 ;; esac
  __devenv_near=${1%/*/*}/
  case $__devenv_list in *":$__devenv_near"*) __devenv_near=: ;; esac
  return 0
}
