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
  case $__devenv_ifs in =*) IFS=${__devenv_ifs#=} ;; *) unset -v IFS ;; esac
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
  [ -z "$__devenv_is_set" ] || __devenv_encode "+$__devenv_before"
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
  __devenv_split ,
  set -- $__devenv_kept
  __devenv_whole
  while [ "$#" -gt 2 ]; do # the separator comes first
    __devenv_look "$2"
    [ "$__devenv_text" = "$3" ] ||
      export DEVENV_MODULES_RECORD="$DEVENV_MODULES_RECORD,$2,$3,$__devenv_text,-"
    shift 2
  done
}

__devenv_unload() { # what we loaded, and restore the variables that the modules changed
  __devenv_changes=${DEVENV_MODULES_RECORD#1} __devenv_modules=${DEVENV_MODULES-} __devenv_kept=''
  unset -v DEVENV_MODULES DEVENV_MODULES_RECORD
  __devenv_readable || __devenv_changes=''
  __devenv_split ,
  set -- $__devenv_changes
  __devenv_whole
  while [ "$#" -gt 4 ]; do # which variables are still as the modules left them?
    __devenv_look "$2"
    case $__devenv_text/$3 in
      "$4"/* | +/-) __devenv_kept=$__devenv_kept,$2,$3 ;; # empty: after a purge, and without our entries
    esac
    shift 4
  done
  while [ -n "$__devenv_modules" ]; do # the last one first
    __devenv_module=${__devenv_modules##*:}
    __devenv_modules=${__devenv_modules%"$__devenv_module"}
    __devenv_modules=${__devenv_modules%:}
    ! __devenv_is_loaded "$__devenv_module" || __devenv_module unload "$__devenv_module"
  done
  __devenv_split ,
  set -- $__devenv_kept
  __devenv_whole
  while [ "$#" -gt 2 ]; do
    __devenv_decode "$3"
    case $__devenv_text in
      -) unset -v "$2" ;;
      *) export "$2=${__devenv_text#+}" ;;
    esac
    shift 2
  done
}
