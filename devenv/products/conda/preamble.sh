# Sourced before the script of a meta.yaml, in the same shell.
#
# Scripts that a wheel brings get the path of the environment's Python behind #!, which is longer than
# kernels take while the package is built: "Exec format error". They are written as sh scripts that start
# Python, as soon as they are there. Installers replace the path in them as in any text.
devenv_shebangs() {
    # Not -nt alone: what is written within one tick of the clock has the time of the stamp.
    ! [ "$DEVENV_STAMP" -nt "$PREFIX/bin" ] || return 0
    local file line
    for file in "$PREFIX"/bin/*; do
        [ -f "$file" ] && [ ! -L "$file" ] && [ "$(head -c 2 "$file" | tr -d '\0')" = '#!' ] || continue
        line=$(head -n 1 "$file")
        case $line in
        '#!'*python*) [ ${#line} -gt 127 ] || continue ;;
        *) continue ;;
        esac
        sed -i "1c\\#!/bin/sh\\n'''exec' \"${line#\#!}\" \"\$0\" \"\$@\"\\n' '''" "$file"
    done
    touch "$DEVENV_STAMP"
}
devenv_finish() {
    local status=$1
    if [ $status -eq 0 ]; then
        "$DEVENV_PYTHON" -I -m devenv.products.conda.needs "$PREFIX" "$PKG_NAME" || status=$?
    fi
    exit $status
}
DEVENV_STAMP=$(mktemp -d "$SRC_DIR/../devenv-XXXXXX")/stamp
touch -d @0 "$DEVENV_STAMP"
set -o functrace
trap '{ devenv_shebangs; } 2>/dev/null' DEBUG
[ -z "$DEVENV_HOST" ] || trap '{ devenv_status=$?; trap - DEBUG; set +x; } 2>/dev/null; devenv_finish $devenv_status' EXIT
