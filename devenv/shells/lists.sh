# Path lists in every shell of the Bourne family. __devenv_list holds one as :a:b:, an empty one as :
#
# Lists of a thousand entries must take linear time. Taking a long prefix off with ${x#"$y"} is quadratic in
# bash and dash, and so is ${x#*"$y"} if $y is far from the start: long text is split into words.

__devenv_clean() { # __devenv_list: the list $1 with no empty entry and no .
  __devenv_list=:$1:
  case $__devenv_list in *::* | *:.:*) ;; *) return 0 ;; esac
  __devenv_split :
  set -- $1
  __devenv_whole
  __devenv_list=:
  for __devenv_entry in "$@"; do
    case $__devenv_entry in '' | .) ;; *) __devenv_list=$__devenv_list$__devenv_entry: ;; esac
  done
}

__devenv_drop() { # take out every entry $1
  while :; do
    case $__devenv_list in *":$1:"*) __devenv_cut "$1" ;; *) return 0 ;; esac
  done
}

__devenv_split() { # until __devenv_whole: words are split at $1 alone, and no file name is sought
  __devenv_ifs=${IFS+=$IFS} __devenv_options=$-
  set -f
  IFS=$1
}

__devenv_whole() {
  case $__devenv_ifs in =*) IFS=${__devenv_ifs#=} ;; *) unset -v IFS ;; esac
  case $__devenv_options in *f*) ;; *) set +f ;; esac
}

__devenv_absent() { # is the entry $1 not in the list? What it shares with its neighbours is looked for once
  # __devenv_prefix: what no entry of the list begins with; : for nothing
  case $1 in "$__devenv_prefix"?*) return 0 ;; esac
  case $__devenv_list in *":$1:"*) return 1 ;; esac
  __devenv_prefix=${1%/*/*}/
  case $__devenv_list in *":$__devenv_prefix"*) __devenv_prefix=: ;; esac
  return 0
}

__devenv_foreign() { # does the list have an entry that is none of "$@"?
  __devenv_rest=$__devenv_list
  for __devenv_entry in "$@"; do
    __devenv_drop "$__devenv_entry"
  done
  __devenv_entry=$__devenv_list __devenv_list=$__devenv_rest
  [ "$__devenv_entry" != : ]
}
