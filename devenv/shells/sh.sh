# What devenv does in a POSIX shell: the same as bash.sh, without what only bash and zsh have. There are no
# local variables: __devenv_enter takes all of them away. A process (a subshell for $(printf)) is started
# only for a value that has to be encoded or decoded. The rules are those of devenv.core.delta, the record's
# format is that of devenv.shells.record.

# -- text ------------------------------------------------------------------------------------------

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

# -- path lists: __devenv_list holds one as :a:b:, an empty one as : ---------------------------------

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

__devenv_drop() { # take the entry $1 out, as often as it is there
  while :; do
    case $__devenv_list in *":$1:"*) __devenv_cut "$1" ;; *) return 0 ;; esac
  done
}

__devenv_foreign() { # does the list have an entry that is none of "$@"?
  __devenv_rest=$__devenv_list
  for __devenv_entry in "$@"; do
    __devenv_drop "$__devenv_entry"
  done
  __devenv_entry=$__devenv_list __devenv_list=$__devenv_rest
  [ "$__devenv_entry" != : ]
}

# -- edits: each variable is opened, edited and closed ----------------------------------------------

__devenv_open() { # variable $1
  __devenv_name=$1 __devenv_edited='' __devenv_plain=1 __devenv_added=''
  eval "__devenv_there=\${$1+1} __devenv_before=\${$1-}"
}

__devenv_open_list() {
  __devenv_open "$1"
  __devenv_clean "$__devenv_before"
  # plain: to undo it, it is enough to take out what was added
  [ -z "$__devenv_before" ] || [ ":$__devenv_before:" = "$__devenv_list" ] || __devenv_plain=''
}

__devenv_add() { # __devenv_text: the entry $1, encoded, where it is new; it is taken out elsewhere
  __devenv_text=''
  if ! __devenv_absent "$1"; then
    __devenv_drop "$1"
    __devenv_plain=''
    return 0
  fi
  if [ -z "$__devenv_plain" ]; then
    case :$__devenv_before: in *":$1:"*) return 0 ;; esac
  fi
  __devenv_encode "$1"
}

__devenv_prepend() { # the last of "$@" comes first
  __devenv_around=: __devenv_near=:
  for __devenv_entry in "$@"; do
    __devenv_add "$__devenv_entry"
    __devenv_added=${__devenv_text:+:}$__devenv_text$__devenv_added
    __devenv_around=:$__devenv_entry$__devenv_around
  done
  __devenv_list=${__devenv_around%:}$__devenv_list __devenv_edited=1
}

__devenv_append() {
  __devenv_around='' __devenv_near=:
  for __devenv_entry in "$@"; do
    __devenv_add "$__devenv_entry"
    __devenv_added=$__devenv_added${__devenv_text:+:}$__devenv_text
    __devenv_around=$__devenv_around$__devenv_entry:
  done
  __devenv_list=$__devenv_list$__devenv_around __devenv_edited=1
}

__devenv_remove() {
  [ -n "$__devenv_there$__devenv_edited" ] || return 0
  for __devenv_entry in "$@"; do
    case $__devenv_list in *":$__devenv_entry:"*) __devenv_drop "$__devenv_entry" ;; esac
  done
  __devenv_edited=1 __devenv_plain=''
}

__devenv_close_list() {
  [ -n "$__devenv_edited" ] || return 0
  __devenv_list=${__devenv_list#:}
  __devenv_list=${__devenv_list%:}
  export "$__devenv_name=$__devenv_list"
  if [ -z "$__devenv_plain" ]; then
    __devenv_note "+$__devenv_list" "+$__devenv_added"
  elif [ -n "$__devenv_there" ]; then
    __devenv_changes=$__devenv_changes,$__devenv_name,+,+,+$__devenv_added
  else
    __devenv_changes=$__devenv_changes,$__devenv_name,-,-,+$__devenv_added
  fi
}

__devenv_set() { # variable $1 to $2
  __devenv_open "$1"
  export "$1=$2"
  __devenv_note "+$2" -
}

__devenv_unset() { # variable $1
  __devenv_open "$1"
  unset "$1"
  __devenv_note - -
}

__devenv_note() { # the variable is now $1 (+value or -); $2: the entries added
  __devenv_encode "$1"
  __devenv_after=$__devenv_text
  __devenv_text=-
  [ -z "$__devenv_there" ] || __devenv_encode "+$__devenv_before"
  [ "$__devenv_text" = "$__devenv_after" ] ||
    __devenv_changes=$__devenv_changes,$__devenv_name,$__devenv_text,$__devenv_after,$2
}

# -- undoing ---------------------------------------------------------------------------------------

__devenv_field() { # __devenv_text: the next field of __devenv_changes
  __devenv_changes=${__devenv_changes#,}
  __devenv_text=${__devenv_changes%%,*}
  __devenv_changes=${__devenv_changes#"$__devenv_text"}
}

__devenv_readable() { # is every name in __devenv_changes a name, and every field whole?
  __devenv_split ,
  set -- $__devenv_changes
  __devenv_whole
  [ "$#" -eq 0 ] || shift # the separator comes first
  while [ "$#" -gt 0 ]; do
    case $1 in '' | [0-9]* | *[!A-Za-z0-9_]*) return 1 ;; esac
    for __devenv_entry in "${2-}" "${3-}" "${4-}"; do
      case $__devenv_entry in - | +*) ;; *) return 1 ;; esac
    done
    shift 4
  done
}

__devenv_revert() { # take back what __devenv_changes says
  __devenv_split ,
  set -- $__devenv_changes
  __devenv_whole
  [ "$#" -eq 0 ] || shift
  while [ "$#" -gt 0 ]; do
    __devenv_name=$1
    __devenv_decode "$2"
    __devenv_before=$__devenv_text
    __devenv_decode "$3"
    __devenv_after=$__devenv_text
    __devenv_added=$4
    shift 4
    eval "__devenv_current=\${$__devenv_name++}\${$__devenv_name-}"
    [ -n "$__devenv_current" ] || __devenv_current=-
    if [ "$__devenv_current" != "$__devenv_after" ]; then
      case $__devenv_added/$__devenv_current in -/* | */-) continue ;; esac
      __devenv_without "${__devenv_current#+}" "${__devenv_added#+}"
      case $__devenv_list$__devenv_before in :-) ;; *) __devenv_before=+$__devenv_text ;; esac
    fi
    case $__devenv_before in
      -) unset "$__devenv_name" ;;
      *) export "$__devenv_name=${__devenv_before#+}" ;;
    esac
  done
}

__devenv_without() { # __devenv_text: the list $1 without the encoded entries $2
  __devenv_list=:$1: __devenv_near=:
  __devenv_decode "$2"
  __devenv_text=${__devenv_text#:}
  [ -z "$__devenv_text" ] || __devenv_drop "$__devenv_text" # as a rule they still stand together
  __devenv_split :
  set -- $__devenv_text
  __devenv_whole
  for __devenv_entry in "$@"; do
    __devenv_absent "$__devenv_entry" || __devenv_drop "$__devenv_entry"
  done
  __devenv_text=${__devenv_list#:}
  __devenv_text=${__devenv_text%:}
}

# -- entry points ----------------------------------------------------------------------------------

__devenv_complain() { # what is wrong, and the way out
  printf 'devenv: %s\n  %s\n' "$1" "$2" >&2
  return 1
}

__devenv_source() { # is the dev source $1 still at $2? $3: the environment
  [ -d "$2" ] || __devenv_complain "the dev source $1 is gone: $2" \
    "Put it back, or: devenv develop $1 --path DIR --env $3 && devenv build $3"
}

__devenv_python() { # is the Python $1 of the environment $2 there? else another one would run
  [ -x "$1" ] || __devenv_complain "the Python of $2 is missing or not executable: $1" \
    "Rebuild it: devenv build $2"
}

__devenv_enter() { # run "$@" and leave no variable behind
  case $- in *a*) # what is assigned here is not to be exported: PS1, IFS
    set +a
    if __devenv_enter "$@"; then set -a; return 0; else set -a; return 1; fi ;;
  esac
  # in zsh, what a function sets of the options ends with it: __devenv_split can set none
  [ -z "${ZSH_VERSION-}" ] || emulate -L sh -o no_glob
  __devenv_status=0
  "$@" || __devenv_status=$?
  set -- "$__devenv_status"
  unset __devenv_status __devenv_name __devenv_there __devenv_before __devenv_after __devenv_current
  unset __devenv_list __devenv_edited __devenv_plain __devenv_added __devenv_text __devenv_changes
  unset __devenv_rest __devenv_char __devenv_entry __devenv_around __devenv_prompt
  unset __devenv_modules __devenv_module __devenv_kept __devenv_options __devenv_modules_path __devenv_ifs __devenv_near
  unset __devenv_head __devenv_tail __devenv_count
  return "$1"
}

__devenv_activate() { # the environment $1: __devenv_check, _base and _edits were defined for it
  __devenv_check || return 1
  if [ -n "${DEVENV_RECORD-}" ]; then
    __devenv_deactivate || return 1
    ! __devenv_quick || return 0
  fi
  __devenv_base || return 1
  __devenv_changes=1
  __devenv_edits
  export DEVENV_RECORD="$__devenv_changes"
  [ -z "${PS1+x}" ] || [ -n "${DEVENV_NO_PROMPT-}" ] || PS1="($1) $PS1"
}

__devenv_deactivate() {
  if [ -z "${DEVENV_RECORD-}" ]; then
    printf 'devenv: no environment is active\n' >&2
    return 0
  fi
  __devenv_changes=${DEVENV_RECORD#1}
  if [ "1$__devenv_changes" != "$DEVENV_RECORD" ] || ! __devenv_readable; then
    __devenv_complain 'DEVENV_RECORD cannot be read: another devenv wrote it, or it was changed' \
      'Start a new shell, or: unset DEVENV_RECORD'
    return 1
  fi
  __devenv_prompt="(${DEVENV_ENV-}) "
  case ${PS1-} in
    *"$__devenv_prompt"*) PS1=${PS1%%"$__devenv_prompt"*}${PS1#*"$__devenv_prompt"} ;;
  esac
  __devenv_revert
  unset DEVENV_RECORD
  [ -z "${DEVENV_MODULES+x}" ] || __devenv_unload
}
