# The `devenv` function of every shell of the Bourne family. It starts the program only for what the script
# that a build left cannot do.

__devenv_in_step() { # is this one of the ranks of a job? 4294967290: a shell that salloc opened
  case ${OMPI_COMM_WORLD_SIZE-}${PMI_SIZE-}${MPI_LOCALNRANKS-}/${SLURM_STEP_ID-} in
    / | /4294967290) return 1 ;;
  esac
}

__devenv_evaluate() { # what the program says for "$@"; a thousand ranks must not each start a Python
  if __devenv_in_step; then
    __devenv_complain "'devenv $*' would start Python in every rank of the job: its script is missing or stale" \
      "Before the job: devenv build ${2-NAME}. In it: devenv activate ${2-NAME}"
    return 1
  fi
  __devenv_code=$(command devenv "$@" --shell "$__devenv_shell") || return
  eval "unset -v __devenv_code; $__devenv_code"
}

__devenv_by_name() { # activate $1 by its script, where nothing was asked for since that was built
  __devenv_root=${DEVENV_HOME:-${__devenv_home-}}/envs/$1
  if [ -r "$__devenv_root/current/activate.$__devenv_shell" ] &&
    ! [ "$__devenv_root/environment.yaml" -nt "$__devenv_root/built" ]; then
    set -- "$__devenv_root/current/activate.$__devenv_shell"
    unset -v __devenv_root
    . "$1"
  else
    unset -v __devenv_root
    __devenv_evaluate activate "$1"
  fi
}

__devenv_repeat() { # in $(…) what was done is lost: say to the shell that evaluates it what to do
  if [ "${BASH_SUBSHELL-0}${ZSH_SUBSHELL-0}" != 00 ] && [ -p /dev/stdout ]; then
    printf "devenv"
    printf " '%s'" "$@"
    printf '\n'
  fi
}

__devenv_main() { # the command `devenv "$@"`
  case $#/${1-}/${2-} in
    4/activate/-*) command devenv "$@" ;;
    4/activate/*)
      case $3 in
        --model) __devenv_evaluate "$@" && __devenv_repeat "$@" ;;
        *) command devenv "$@" ;;
      esac ;;
    */activate/-* | 2/activate/*/*) command devenv "$@" ;;
    2/activate/*) __devenv_by_name "$2" && __devenv_repeat "$@" ;;
    1/activate/) __devenv_evaluate activate && __devenv_repeat "$@" ;;
    1/refresh/)
      if [ -n "${DEVENV_ENV-}" ]; then
        __devenv_by_name "$DEVENV_ENV" && __devenv_repeat "$@"
      else
        command devenv refresh
      fi ;;
    1/deactivate/) __devenv_enter __devenv_deactivate && __devenv_repeat "$@" ;;
    *) command devenv "$@" ;;
  esac
}

# An alias of that name would be expanded here. It is read as text, since zsh parses all that it evaluates
# before it runs any of it.
unalias devenv 2>/dev/null || :
eval 'devenv() { __devenv_main "$@"; }'
