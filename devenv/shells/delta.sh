# The delta in every shell of the Bourne family: devenv.core.delta states the rules, and devenv.shells.record
# the format of the record. Nothing is evaluated, and results go through variables (__devenv_*), which
# __devenv_enter unsets: a POSIX shell has no local variables.

# -- edits: each variable is opened, edited and closed ----------------------------------------------

__devenv_open() { # variable $1. What is not exported is not in the environment.
  __devenv_name=$1 __devenv_edited='' __devenv_plain=1 __devenv_added=''
  eval "__devenv_is_set=\${$1+1} __devenv_before=\${$1-}"
  case ${ZSH_VERSION:+zsh}${BASH_VERSION-}/$__devenv_is_set in
    zsh*/1) eval "case \${(t)$1} in *export*) ;; *) __devenv_is_set='' __devenv_before='' ;; esac" ;;
    [5-9].*/1 | 4.[4-9]*/1 | [1-9][0-9].*/1)
      eval "case \${$1@a} in *x*) ;; *) __devenv_is_set='' __devenv_before='' ;; esac"
      ;;
  esac
}

__devenv_open_list() {
  __devenv_open "$1"
  __devenv_clean "$__devenv_before"
  # plain: to undo it, it is enough to take out what was added
  [ -z "$__devenv_before" ] || [ ":$__devenv_before:" = "$__devenv_list" ] || __devenv_plain=''
}

__devenv_add() { # __devenv_text: the entry $1, encoded, if it is new; otherwise it is taken out of its old place
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
  __devenv_around=: __devenv_prefix=:
  for __devenv_entry in "$@"; do
    __devenv_add "$__devenv_entry"
    __devenv_added=${__devenv_text:+:}$__devenv_text$__devenv_added
    __devenv_around=:$__devenv_entry$__devenv_around
  done
  __devenv_list=${__devenv_around%:}$__devenv_list __devenv_edited=1
}

__devenv_append() {
  __devenv_around='' __devenv_prefix=:
  for __devenv_entry in "$@"; do
    __devenv_add "$__devenv_entry"
    __devenv_added=$__devenv_added${__devenv_text:+:}$__devenv_text
    __devenv_around=$__devenv_around$__devenv_entry:
  done
  __devenv_list=$__devenv_list$__devenv_around __devenv_edited=1
}

__devenv_remove() {
  [ -n "$__devenv_is_set$__devenv_edited" ] || return 0
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
  elif [ -n "$__devenv_is_set" ]; then
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
  unset -v "$1"
  __devenv_note - -
}

__devenv_note() { # the variable is now $1 (+value or -); $2: the entries added
  __devenv_encode "$1"
  __devenv_after=$__devenv_text
  __devenv_text=-
  [ -z "$__devenv_is_set" ] || __devenv_encode "+$__devenv_before"
  [ "$__devenv_text" = "$__devenv_after" ] ||
    __devenv_changes=$__devenv_changes,$__devenv_name,$__devenv_text,$__devenv_after,$2
}

# -- undoing ---------------------------------------------------------------------------------------

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
  while [ "$#" -gt 4 ]; do
    __devenv_name=$2
    __devenv_decode "$3"
    __devenv_before=$__devenv_text
    __devenv_decode "$4"
    __devenv_after=$__devenv_text
    __devenv_added=$5
    shift 4
    eval "__devenv_current=\${$__devenv_name++}\${$__devenv_name-}"
    [ -n "$__devenv_current" ] || __devenv_current=-
    if [ "$__devenv_current" != "$__devenv_after" ]; then
      case $__devenv_added/$__devenv_current in -/* | */-) continue ;; esac
      __devenv_without "${__devenv_current#+}" "${__devenv_added#+}"
      case $__devenv_list$__devenv_before in :-) ;; *) __devenv_before=+$__devenv_text ;; esac
    fi
    case $__devenv_before in
      -) unset -v "$__devenv_name" ;;
      *) export "$__devenv_name=${__devenv_before#+}" ;;
    esac
  done
}

__devenv_without() { # __devenv_text: the list $1 without the encoded entries $2
  __devenv_list=:$1: __devenv_prefix=:
  __devenv_decode "$2"
  __devenv_text=${__devenv_text#:}
  [ -z "$__devenv_text" ] || __devenv_drop "$__devenv_text" # usually they are still together
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

__devenv_source() { # is the directory $2 of the dev source $1 there? $3: the environment
  [ -d "$2" ] || __devenv_complain "the dev source $1 is gone: $2" \
    "Put it back, or: devenv develop $1 --path DIR --env $3 && devenv build $3"
}

__devenv_python() { # is the Python $1 of the environment $2 executable? if not, another would run
  [ -x "$1" ] || __devenv_complain "the Python of $2 is missing or not executable: $1" \
    "Rebuild it: devenv build $2"
}

__devenv_enter() { # run "$@", then unset our variables
  case $- in *a*) __devenv_without_flag a "$@"; return ;; esac
  case ${BASH_VERSION:+$-} in *k*) __devenv_without_flag k "$@"; return ;; esac
  # zsh restores options when a function returns, so __devenv_split cannot set one
  [ -z "${ZSH_VERSION-}" ] || emulate -L sh -o no_glob
  __devenv_status=0 __devenv_case=''
  case ${BASH_VERSION-} in ?*) ! shopt -q nocasematch || __devenv_case=1 ;; esac
  [ -z "$__devenv_case" ] || shopt -u nocasematch
  "$@" || __devenv_status=$?
  [ -z "$__devenv_case" ] || shopt -s nocasematch
  set -- "$__devenv_status"
  unset -v __devenv_status __devenv_name __devenv_is_set __devenv_before __devenv_after __devenv_current
  unset -v __devenv_list __devenv_edited __devenv_plain __devenv_added __devenv_text __devenv_changes
  unset -v __devenv_rest __devenv_char __devenv_entry __devenv_around __devenv_prompt
  unset -v __devenv_modules __devenv_module __devenv_kept __devenv_options __devenv_modules_path __devenv_ifs __devenv_prefix
  unset -v __devenv_head __devenv_tail __devenv_count __devenv_case
  return "$1"
}

__devenv_without_flag() { # enter with the option $1 off: -a exports PS1 and IFS, and under bash's -k
  set "+$1" # `export NAME=value` exports nothing
  if __devenv_enter "$2" ${3+"$3"}; then set "-$1"; return 0; else set "-$1"; return 1; fi
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
  unset -v DEVENV_RECORD
  [ -z "${DEVENV_MODULES+x}" ] || __devenv_unload
}
