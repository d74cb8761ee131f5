# The text functions of bash and zsh: as in sh.sh, but without a process.

__devenv_encode() { # __devenv_text: $1 percent-encoded
  __devenv_text=$1
  case $1 in *[!A-Za-z0-9_./:@+~-]*) ;; *) return 0 ;; esac
  local safe char code
  # as bytes; zsh would leave an unset LC_ALL set after `local`
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

__devenv_cut() { # take each ":$1:" out of the list
  __devenv_list=${__devenv_list//":$1:"/:}
}
