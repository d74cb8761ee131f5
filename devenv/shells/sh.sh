# The text functions of a POSIX shell. It starts a process (a subshell for $(printf)) only for a value that has
# to be encoded or decoded.

__devenv_encode() { # __devenv_text: $1 percent-encoded
  __devenv_text=$1
  case $1 in *[!A-Za-z0-9_./:@+~-]*) ;; *) return 0 ;; esac
  __devenv_rest=$1 __devenv_text=''
  while :; do
    __devenv_char=${__devenv_rest%%[!A-Za-z0-9_./:@+~-]*}
    __devenv_text=$__devenv_text$__devenv_char
    __devenv_rest=${__devenv_rest#"$__devenv_char"}
    [ -n "$__devenv_rest" ] || return 0
    __devenv_char=${__devenv_rest%"${__devenv_rest#?}"}
    __devenv_rest=${__devenv_rest#?}
    __devenv_text=$__devenv_text$(LC_ALL=C printf %%%02X "'$__devenv_char")
  done
}

__devenv_decode() { # __devenv_text: what $1 encodes
  __devenv_text=$1
  case $1 in *%*) ;; *) return 0 ;; esac
  __devenv_rest=$1 __devenv_text=''
  while :; do
    __devenv_text=$__devenv_text${__devenv_rest%%\%*}
    case $__devenv_rest in *%*) __devenv_rest=${__devenv_rest#*%} ;; *) break ;; esac
    __devenv_char=${__devenv_rest%"${__devenv_rest#??}"}
    __devenv_rest=${__devenv_rest#??}
    __devenv_octal "$((0x$__devenv_char))"
  done
  __devenv_text=$(printf %b. "$__devenv_text") # the dot: $() takes newlines away
  __devenv_text=${__devenv_text%.}
}

__devenv_octal() { # the byte $1 as %b has it
  __devenv_text=$__devenv_text\\0$(($1 / 64))$(($1 / 8 % 8))$(($1 % 8))
}

__devenv_cut() { # take the first ":$1:" out of the list. The rest is found by counting its entries
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
