# What devenv does in bash, and in zsh as far as the two agree. No process is started and nothing is
# written: results go through variables (__devenv_*) that are local to the entry points, and text is
# compared, never evaluated. The rules are those of devenv.core.delta, the record's format is that of
# devenv.shells.record. Taking a long prefix off with ${x#"$y"} is quadratic in bash: hence ${x:${#y}}.

# -- text ------------------------------------------------------------------------------------------

__devenv_encode() { # __devenv_text: $1 percent-encoded
  __devenv_text=$1
  case $1 in *[!A-Za-z0-9_./:@+~-]*) ;; *) return 0 ;; esac
  local safe char code
  # as bytes; a local LC_ALL that was not set is left behind by zsh
  case ${ZSH_VERSION-} in "") local LC_ALL=C ;; *) setopt local_options no_multibyte ;; esac
  __devenv_text=${1//\%/%25}
  while :; do
    safe=${__devenv_text%%[!A-Za-z0-9_./:@+~%-]*}
    char=${__devenv_text:${#safe}:1}
    [ -n "$char" ] || return 0
    printf -v code '%d' "'$char"
    printf -v code '%%%02X' "$((code & 255))"
    __devenv_text=${__devenv_text//"$char"/$code}
  done
}

__devenv_decode() { # __devenv_text: what $1 encodes
  case $1 in
    *%*) printf -v __devenv_text %b "${1//\%/\\x}" ;;
    *) __devenv_text=$1 ;;
  esac
}

# -- path lists: __devenv_list holds one as :a:b:, an empty one as : ---------------------------------

__devenv_clean() { # __devenv_list: the list $1 with no empty entry and no .
  __devenv_list=:$1:
  while :; do
    case $__devenv_list in
      *::*) __devenv_list=${__devenv_list//::/:} ;;
      *:.:*) __devenv_list=${__devenv_list//:.:/:} ;;
      *) return 0 ;;
    esac
  done
}

__devenv_drop() { # take the entry $1 out, as often as it is there
  while :; do
    case $__devenv_list in
      *":$1:"*) __devenv_list=${__devenv_list//":$1:"/:} ;;
      *) return 0 ;;
    esac
  done
}

__devenv_foreign() { # does the list have an entry that is none of "$@"?
  local __devenv_list=$__devenv_list entry
  for entry in "$@"; do
    __devenv_drop "$entry"
  done
  [ "$__devenv_list" != : ]
}

# -- edits: each variable is opened, edited and closed ----------------------------------------------

__devenv_open() { # variable $1. What is not exported is not in the environment.
  __devenv_name=$1 __devenv_edited='' __devenv_plain=1 __devenv_added=''
  eval "__devenv_there=\${$1+1} __devenv_before=\${$1-}"
  case ${ZSH_VERSION:+zsh}${BASH_VERSION-}/$__devenv_there in
    zsh*/1) eval "case \${(t)$1} in *export*) ;; *) __devenv_there='' __devenv_before='' ;; esac" ;;
    [5-9].*/1 | 4.[4-9]*/1 | [1-9][0-9].*/1)
      eval "case \${$1@a} in *x*) ;; *) __devenv_there='' __devenv_before='' ;; esac"
      ;;
  esac
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
  local entry front=: __devenv_near=:
  for entry in "$@"; do
    __devenv_add "$entry"
    __devenv_added=${__devenv_text:+:}$__devenv_text$__devenv_added
    front=:$entry$front
  done
  __devenv_list=${front%:}$__devenv_list __devenv_edited=1
}

__devenv_append() {
  local entry back='' __devenv_near=:
  for entry in "$@"; do
    __devenv_add "$entry"
    __devenv_added+=${__devenv_text:+:}$__devenv_text
    back+=$entry:
  done
  __devenv_list+=$back __devenv_edited=1
}

__devenv_remove() {
  local entry
  [ -n "$__devenv_there$__devenv_edited" ] || return 0
  for entry in "$@"; do
    case $__devenv_list in *":$entry:"*) __devenv_drop "$entry" ;; esac
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
    __devenv_changes+=,$__devenv_name,+,+,+$__devenv_added
  else
    __devenv_changes+=,$__devenv_name,-,-,+$__devenv_added
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
  local after
  __devenv_encode "$1"
  after=$__devenv_text
  __devenv_text=-
  [ -z "$__devenv_there" ] || __devenv_encode "+$__devenv_before"
  [ "$__devenv_text" = "$after" ] || __devenv_changes+=,$__devenv_name,$__devenv_text,$after,$2
}

# -- undoing ---------------------------------------------------------------------------------------

__devenv_field() { # __devenv_text: the next field of __devenv_changes
  __devenv_changes=${__devenv_changes#,}
  __devenv_text=${__devenv_changes%%,*}
  __devenv_changes=${__devenv_changes:${#__devenv_text}}
}

__devenv_readable() { # is every name in __devenv_changes a name, and every field whole?
  local __devenv_changes=$__devenv_changes field
  case ${ZSH_VERSION-} in "") local LC_ALL=C ;; *) setopt local_options no_multibyte ;; esac
  while [ -n "$__devenv_changes" ]; do
    __devenv_field
    case $__devenv_text in '' | [0-9]* | *[!A-Za-z0-9_]*) return 1 ;; esac
    for field in before after added; do
      __devenv_field
      case $__devenv_text in - | +*) ;; *) return 1 ;; esac
    done
  done
}

__devenv_revert() { # take back what __devenv_changes says
  while [ -n "$__devenv_changes" ]; do
    __devenv_field
    __devenv_name=$__devenv_text
    __devenv_field
    __devenv_decode "$__devenv_text"
    __devenv_before=$__devenv_text
    __devenv_field
    __devenv_decode "$__devenv_text"
    __devenv_after=$__devenv_text
    __devenv_field
    __devenv_added=$__devenv_text
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
  local entry __devenv_near=: IFS=:
  case ${ZSH_VERSION-} in "") local LC_ALL=C ;; *) setopt local_options no_multibyte ;; esac
  __devenv_list=:$1:
  __devenv_decode "$2"
  __devenv_text=${__devenv_text#:}
  [ -z "$__devenv_text" ] || __devenv_drop "$__devenv_text" # as a rule they still stand together
  local flags=$-
  set -o noglob # by its name: zsh has another option -f
  set -- $__devenv_text
  case $flags in *f*) ;; *) set +o noglob ;; esac
  for entry in "$@"; do
    __devenv_absent "$entry" || __devenv_drop "$entry"
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

__devenv_enter() { # run "$@" with no option of the user's that changes what a comparison means
  [ -z "${ZSH_VERSION-}" ] || emulate -L sh
  case $- in *a*) # what is assigned here is not to be exported: PS1, IFS
    set +a
    if __devenv_enter "$@"; then set -a; return 0; else set -a; return 1; fi ;;
  esac
  local __devenv_status=0 __devenv_name __devenv_there __devenv_before __devenv_after __devenv_current
  local __devenv_list __devenv_edited __devenv_plain __devenv_added __devenv_text __devenv_changes
  local __devenv_modules __devenv_module __devenv_kept __devenv_options __devenv_modules_path __devenv_ifs
  if [ -n "${BASH_VERSION-}" ] && shopt -q nocasematch; then
    shopt -u nocasematch
    "$@" || __devenv_status=$?
    shopt -s nocasematch
  else
    "$@" || __devenv_status=$?
  fi
  return "$__devenv_status"
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
  [ -z "${PS1+x}" ] || PS1=${PS1/"(${DEVENV_ENV-}) "/}
  __devenv_revert
  unset DEVENV_RECORD
  [ -z "${DEVENV_MODULES+x}" ] || __devenv_unload
}
