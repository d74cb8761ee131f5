# The modules of a base, in every shell of the Bourne family: loaded before an activation, and unloaded
# after it is undone, those of them that we loaded. `module` is a shell function, which no child inherits.
#   DEVENV_MODULES         what we loaded, with a colon between
#   DEVENV_MODULES_RECORD  as DEVENV_RECORD: the variables that the modules changed, before and after

__devenv_module() { # module "$@", whose code expects neither -e, -u and -f nor an IFS of one's own
  __devenv_options=$- __devenv_ifs=${IFS+=$IFS}
  set +euf
  IFS=' 	
'
  if ! command -v module >/dev/null 2>&1 && [ -r "${MODULESHOME-}/init/$__devenv_shell" ]; then
    . "$MODULESHOME/init/$__devenv_shell"
  fi
  module "$@"
  case $__devenv_ifs in =*) IFS=${__devenv_ifs#=} ;; *) unset IFS ;; esac
  case $__devenv_options in *e*) set -e ;; esac
  case $__devenv_options in *u*) set -u ;; esac
  case $__devenv_options in *f*) set -f ;; esac
  return 0
}

__devenv_is_loaded() { # the module $1, in any version where it names none
  case :${LOADEDMODULES-}: in *":$1:"* | *":$1/"*) return 0 ;; esac
  return 1
}

__devenv_look() { # __devenv_text: what the variable $1 is, as in a record
  __devenv_open "$1"
  __devenv_text=-
  [ -z "$__devenv_there" ] || __devenv_encode "+$__devenv_before"
}

__devenv_load() { # $1: MODULESHOME, $2: MODULEPATH. Then the variables that they change, --, the modules
  [ -r "${MODULESHOME-}/init/$__devenv_shell" ] || export MODULESHOME="$1"
  __devenv_modules_path=$2
  shift 2
  __devenv_kept=''
  while [ "$1" != -- ]; do
    __devenv_look "$1"
    __devenv_kept=$__devenv_kept,$1,$__devenv_text
    shift
  done
  shift
  export DEVENV_MODULES='' DEVENV_MODULES_RECORD=1
  for __devenv_modules in "$@"; do
    __devenv_is_loaded "$__devenv_modules" && continue
    __devenv_module load "$__devenv_modules"
    if [ -n "$__devenv_modules_path" ] && ! __devenv_is_loaded "$__devenv_modules"; then
      __devenv_module use --append "$__devenv_modules_path"
      __devenv_module load "$__devenv_modules"
    fi
    if ! __devenv_is_loaded "$__devenv_modules"; then
      set -- "$__devenv_modules"
      __devenv_note_modules
      __devenv_unload
      __devenv_complain "the module $1 cannot be loaded" "See what there is: module avail $1"
      return 1
    fi
    export DEVENV_MODULES="$DEVENV_MODULES${DEVENV_MODULES:+:}$__devenv_modules"
  done
  __devenv_note_modules
}

__devenv_note_modules() { # what became of the variables in __devenv_kept
  __devenv_changes=$__devenv_kept
  while [ -n "$__devenv_changes" ]; do
    __devenv_field
    __devenv_module=$__devenv_text
    __devenv_field
    __devenv_kept=$__devenv_text
    __devenv_look "$__devenv_module"
    [ "$__devenv_text" = "$__devenv_kept" ] ||
      export DEVENV_MODULES_RECORD="$DEVENV_MODULES_RECORD,$__devenv_module,$__devenv_kept,$__devenv_text,-"
  done
}

__devenv_unload() { # what we loaded; and what the modules lose of what was there is put back
  __devenv_changes=${DEVENV_MODULES_RECORD#1} __devenv_modules=${DEVENV_MODULES-} __devenv_kept=''
  unset DEVENV_MODULES DEVENV_MODULES_RECORD
  __devenv_readable || __devenv_changes=''
  while [ -n "$__devenv_changes" ]; do # which variables are still as the modules left them?
    __devenv_field
    __devenv_name=$__devenv_text
    __devenv_field
    __devenv_module=$__devenv_text
    __devenv_field
    __devenv_after=$__devenv_text
    __devenv_field
    __devenv_look "$__devenv_name"
    [ "$__devenv_text" != "$__devenv_after" ] ||
      __devenv_kept=$__devenv_kept,$__devenv_name,$__devenv_module
  done
  while [ -n "$__devenv_modules" ]; do # the last one first
    __devenv_module=${__devenv_modules##*:}
    __devenv_modules=${__devenv_modules%"$__devenv_module"}
    __devenv_modules=${__devenv_modules%:}
    ! __devenv_is_loaded "$__devenv_module" || __devenv_module unload "$__devenv_module"
  done
  __devenv_changes=$__devenv_kept
  while [ -n "$__devenv_changes" ]; do
    __devenv_field
    __devenv_name=$__devenv_text
    __devenv_field
    __devenv_decode "$__devenv_text"
    case $__devenv_text in
      -) unset "$__devenv_name" ;;
      *) export "$__devenv_name=${__devenv_text#+}" ;;
    esac
  done
}
