# The modules of a base in fish: as modules.sh has them for the other shells.

function __devenv_module
    if not functions -q module; and test -r "$MODULESHOME/init/fish"
        source "$MODULESHOME/init/fish"
    end
    module $argv
    return 0
end

function __devenv_is_loaded # the module, in any version where it names none
    string match -q -- "*:$argv[1]:*" ":$LOADEDMODULES:"; or string match -q -- "*:$argv[1]/*" ":$LOADEDMODULES:"
end

function __devenv_load # MODULESHOME; MODULEPATH; the variables that they change; --; the modules
    test -r "$MODULESHOME/init/fish"; or set -gx MODULESHOME $argv[1]
    set -l at (contains -i -- -- $argv)
    set -l before
    set -l names
    test $at -gt 3; and set names $argv[3..(math $at - 1)]
    for name in $names
        __devenv_look $name
        set -a before (__devenv_field "$__devenv_is_set" "$__devenv_before")
    end
    set -gx DEVENV_MODULES ''
    set -gx DEVENV_MODULES_RECORD 1
    for module in $argv[(math $at + 1)..]
        __devenv_is_loaded $module; and continue
        __devenv_module load $module
        if test -n "$argv[2]"; and not __devenv_is_loaded $module
            __devenv_module use --append $argv[2]
            __devenv_module load $module
        end
        if not __devenv_is_loaded $module
            __devenv_note_modules $names -- $before
            __devenv_unload
            __devenv_complain "the module $module cannot be loaded" "See what there is: module avail $module"
            return 1
        end
        set -gx DEVENV_MODULES (string join : (string split -n : -- $DEVENV_MODULES) $module)
    end
    __devenv_note_modules $names -- $before
end

function __devenv_note_modules # what became of the variables; --; what they were before
    set -l at (contains -i -- -- $argv)
    set -l before $argv[(math $at + 1)..]
    for name in $argv[1..$at]
        test $name = --; and break
        __devenv_look $name
        set -l after (__devenv_field "$__devenv_is_set" "$__devenv_before")
        test $after = $before[1]
        or set -gx DEVENV_MODULES_RECORD (string join , $DEVENV_MODULES_RECORD $name $before[1] $after -)
        set -e before[1]
    end
end

function __devenv_unload # what we loaded, and restore the variables that the modules changed
    set -l fields
    __devenv_readable $DEVENV_MODULES_RECORD; and set fields (string split , -- $DEVENV_MODULES_RECORD)[2..]
    set -l modules (string split -n : -- $DEVENV_MODULES)
    set -e DEVENV_MODULES
    set -e DEVENV_MODULES_RECORD
    set -l kept
    while set -q fields[4]
        __devenv_look $fields[1]
        set -l now (__devenv_field "$__devenv_is_set" "$__devenv_before")
        # Empty: after a purge, and without our entries.
        if test $now = $fields[3]; or test $now$fields[2] = +-
            set -a kept $fields[1..2]
        end
        set -e fields[1..4]
    end
    for module in $modules[-1..1]
        __devenv_is_loaded $module; and __devenv_module unload $module
    end
    while set -q kept[2]
        __devenv_restore $kept[1] $kept[2]
        set -e kept[1..2]
    end
end
