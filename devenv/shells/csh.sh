# A POSIX shell in the service of tcsh (devenv.csh): it does what was asked in its own variables, and prints
# in csh what then differs. Where it is not part of a generation's script, it gets the functions itself.
if [ -z "${__devenv_shell-}" ]; then
  for __devenv_part in sh.sh lists.sh delta.sh modules.sh function.sh; do
    . "${__devenv_sh%/*}/$__devenv_part"
  done
  __devenv_shell=sh
fi

__devenv_nl='
'

__devenv_csh_word() { # __devenv_text: $1 as a word of csh, on one line
  __devenv_rest=$1 __devenv_text=\'
  case $1 in *[\\\'!"$__devenv_nl"]*) ;; *) __devenv_text="'$1'"; return 0 ;; esac
  while :; do
    __devenv_char=${__devenv_rest%%[\\\'!"$__devenv_nl"]*}
    __devenv_text=$__devenv_text$__devenv_char
    __devenv_rest=${__devenv_rest#"$__devenv_char"}
    [ -n "$__devenv_rest" ] || break
    case $__devenv_rest in
      "$__devenv_nl"*) __devenv_text=$__devenv_text\'\${__devenv_nl:q}\' ;;
      \\*) __devenv_text=$__devenv_text\'\${__devenv_bs:q}\' ;;
      \'*) __devenv_text=$__devenv_text\'\\\'\' ;;
      *) __devenv_text=$__devenv_text\'\\!\' ;;
    esac
    __devenv_rest=${__devenv_rest#?}
  done
  __devenv_text=$__devenv_text\'
}

__devenv_csh_names() { # __devenv_names: with those that an activation changed, and the modules' own
  while IFS= read -r __devenv_char; do
    __devenv_names="$__devenv_names $__devenv_char"
  done <<END
$(
    for record in "${DEVENV_RECORD-}" "${DEVENV_MODULES_RECORD-}"; do
      while case $record in *,*) ;; *) false ;; esac do
        record=${record#*,}
        printf '%s\n' "${record%%,*}"
        record=${record#*,} record=${record#*,} record=${record#*,}
      done
    done
    [ -z "${MODULESHOME-}" ] || env | LC_ALL=C sed -n \
      -e 's/^\(LOADEDMODULES\)=.*/\1/p' -e 's/^\(_LMFILES_\)=.*/\1/p' -e 's/^\(MODULE[A-Z_]*\)=.*/\1/p' \
      -e 's/^\(__MODULES_[A-Za-z0-9_]*\)=.*/\1/p' -e 's/^\(_*LMOD_[A-Za-z0-9_]*\)=.*/\1/p' \
      -e 's/^\(_ModuleTable[A-Za-z0-9_]*\)=.*/\1/p'
  )
END
}

__devenv_csh_say() { # what csh is to do to have this shell's variables, and then the status $1
  __devenv_csh_names
  set -- "$1" DEVENV_RECORD DEVENV_MODULES DEVENV_MODULES_RECORD
  IFS=' '
  for __devenv_name in $__devenv_names "$@"; do
    case $__devenv_name in '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;; esac
    case $__devenv_printed in *" $__devenv_name "*) continue ;; esac
    __devenv_printed="$__devenv_printed $__devenv_name "
    eval "__devenv_is_set=\${$__devenv_name+1} __devenv_before=\${$__devenv_name-}"
    if [ -n "$__devenv_is_set" ]; then
      __devenv_csh_word "$__devenv_before"
      printf 'setenv %s %s;' "$__devenv_name" "$__devenv_text"
    else
      printf 'unsetenv %s;' "$__devenv_name"
    fi
  done
  printf 'set __devenv_status = %s\n' "$1"
}

__devenv_csh() { # what `devenv` with the words $__devenv_1 and _2, of _count, is in tcsh; of -1: activate
  __devenv_names='' __devenv_printed=' '
  __devenv_csh_names
  case $__devenv_count/$__devenv_1/$__devenv_2 in
    -1//) [ -n "${__devenv_done-}" ] || __devenv_enter __devenv_activate "$__devenv_own" ;;
    */activate/-* | 2/activate/*/*) __devenv_csh_program; return ;;
    2/activate/*)
      __devenv_root=${DEVENV_HOME:-${__devenv_home-}}/envs/$__devenv_2
      if [ -r "$__devenv_root/current/activate.csh" ] &&
        ! [ "$__devenv_root/environment.yaml" -nt "$__devenv_root/built" ]; then
        __devenv_csh_word "$__devenv_root/current/activate.csh"
        printf 'set __devenv_argv = (); source %s; set __devenv_status = $status\n' "$__devenv_text"
        return
      fi
      __devenv_csh_evaluate activate "$__devenv_2"
      return
      ;;
    1/activate/) __devenv_csh_evaluate activate; return ;;
    1/refresh/)
      if [ -n "${DEVENV_ENV-}" ]; then
        __devenv_1=activate __devenv_2=$DEVENV_ENV __devenv_count=2
        __devenv_csh
      else
        __devenv_csh_program
      fi
      return
      ;;
    1/deactivate/) __devenv_enter __devenv_deactivate ;;
    *) __devenv_csh_program; return ;;
  esac
  __devenv_csh_say "$?"
}

__devenv_csh_program() {
  case $__devenv_count/$__devenv_full in
    0/*) set -- ;;
    "$__devenv_count/$((__devenv_count + 1))") set -- '$__devenv_argv[-$__devenv_count]:q' ;;
    *) # each by itself; in these quotes a newline loses the backslash in front of it
      set --
      while [ "$#" -lt "$__devenv_count" ]; do
        set -- "$@" "\"\$__devenv_argv[$(($# + 1))]:q\""
      done
      ;;
  esac
  IFS=' '
  printf '%s; set __devenv_status = $status\n' "\\devenv $*"
}

__devenv_csh_evaluate() {
  if __devenv_in_step; then
    __devenv_evaluate "$@"
    return
  fi
  if __devenv_code=$(command devenv "$@" --shell tcsh); then
    printf '%s; set __devenv_status = $status\n' "set __devenv_argv = (); $__devenv_code"
  fi
}

[ "${__devenv_sh-}" = "" ] || [ "${__devenv_sh##*/}" != csh.sh ] || __devenv_csh
