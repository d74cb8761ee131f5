# What takes long lists apart in a POSIX shell (sh.sh). In dash, ${x#"$y"} with a long $y is quadratic, and
# so is ${x#*"$y"} where $y stands far behind: what is long is split into words, which is linear.

__devenv_cut() { # the first ":$1:" out of the list. What is behind it is counted off, by its entries
  __devenv_head=${__devenv_list%%":$1:"*}:
  __devenv_tail=$__devenv_head$1:x # the x: else a last entry that is empty would be lost
  __devenv_split :
  set -- $__devenv_tail
  __devenv_count=$(($# - 1))
  __devenv_tail=${__devenv_list}x
  set -- $__devenv_tail
  shift "$__devenv_count"
  __devenv_list=$__devenv_head$*
  __devenv_list=${__devenv_list%x}
  __devenv_whole
}

__devenv_split() { # until __devenv_whole: words are split at $1 alone, and no file name is sought
  __devenv_ifs=${IFS+=$IFS} __devenv_options=$-
  set -f
  IFS=$1
}

__devenv_whole() {
  case $__devenv_ifs in =*) IFS=${__devenv_ifs#=} ;; *) unset IFS ;; esac
  case $__devenv_options in *f*) ;; *) set +f ;; esac
}
