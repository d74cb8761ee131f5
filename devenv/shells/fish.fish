# What devenv does in fish. No process is started and nothing is written. Values are not printed and
# captured, which would split them at newlines. The rules are those of devenv.core.delta, the record's
# format is that of devenv.shells.record. "$$name" is a value as a child sees it; what is declared --path
# is split and joined at colons by fish itself.

# -- text ------------------------------------------------------------------------------------------

function __devenv_encode
    set -l text (string escape --style=url -- $argv[1])
    # fish encodes three more than the other shells
    string replace -a %3A : -- (string replace -a %40 @ -- (string replace -a %2B + -- $text))
end

function __devenv_decode # __devenv_text: what the argument encodes
    set -g __devenv_text $argv[1]
    string match -q '*%*' -- $argv[1]; or return 0
    set -l decoded (string unescape --style=url -- "$argv[1]%00" | string split0)
    set -g __devenv_text $decoded[1]
end

function __devenv_look # __devenv_is_set, __devenv_before: the variable. An unexported one counts as unset.
    set -g __devenv_name $argv[1]
    set -g __devenv_is_set
    set -g __devenv_before
    set -qx $argv[1]; or return 0
    set -g __devenv_is_set 1
    set -g __devenv_before "$$argv[1]"
end

function __devenv_field # the value as in a record; the first argument is '' if the variable is unset
    if test -n "$argv[1]"
        string join '' -- + (__devenv_encode $argv[2])
    else
        echo -
    end
end

function __devenv_export # the variable with the value; of an empty PATH fish makes a dot
    if test -n "$argv[2]"
        set -gx $argv[1] $argv[2]
    else
        set -gx $argv[1]
    end
end

# -- edits: each variable is opened, edited and closed ----------------------------------------------

function __devenv_open_list
    __devenv_look $argv[1]
    set -g __devenv_edited
    set -g __devenv_added
    set -g __devenv_list
    set -g __devenv_plain 1 # to undo it, it is enough to take out what was added
    set -l --path parts $__devenv_before
    set -g __devenv_parts $parts
    if contains -- '' $parts; or contains -- . $parts
        for entry in $parts
            contains -- "$entry" '' .; or set -ga __devenv_list $entry
        end
        test -z "$__devenv_before"; or set -g __devenv_plain
    else
        set -g __devenv_list $parts
    end
end

function __devenv_drop # take out every such entry
    contains -- $argv[1] $__devenv_list; or return 1
    while set -l at (contains -i -- $argv[1] $__devenv_list)
        set -e __devenv_list[$at]
    end
    set -g __devenv_plain
end

function __devenv_add # note each entry if it is new; otherwise it is taken out of its old place
    for entry in $argv
        __devenv_drop $entry; and continue
        test -z "$__devenv_plain"; and contains -- $entry $__devenv_parts; and continue
        set -ga __devenv_added (__devenv_encode $entry)
    end
    set -g __devenv_edited 1
end

function __devenv_prepend # the last one comes first
    set -l added $__devenv_added
    set -g __devenv_added
    __devenv_add $argv[-1..1]
    set -ga __devenv_added $added
    set -g __devenv_list $argv[-1..1] $__devenv_list
end

function __devenv_append
    __devenv_add $argv
    set -ga __devenv_list $argv
end

function __devenv_remove
    test -n "$__devenv_is_set$__devenv_edited"; or return 0
    for entry in $argv
        __devenv_drop $entry
    end
    set -g __devenv_edited 1
    set -g __devenv_plain
end

function __devenv_foreign # does the list have an entry that is none of these?
    for entry in $__devenv_list
        contains -- $entry $argv; or return 0
    end
    return 1
end

function __devenv_close_list
    test -n "$__devenv_edited"; or return 0
    set -l --path joined $__devenv_list
    __devenv_export $__devenv_name "$joined"
    set -l added (string join '' -- + :$__devenv_added)
    if test -z "$__devenv_plain"
        __devenv_note 1 "$joined" $added
    else if test -n "$__devenv_is_set"
        set -ga __devenv_changes $__devenv_name + + $added
    else
        set -ga __devenv_changes $__devenv_name - - $added
    end
end

function __devenv_set # the variable to the value
    __devenv_look $argv[1]
    set -gx $argv[1] $argv[2]
    __devenv_note 1 $argv[2] -
end

function __devenv_unset
    __devenv_look $argv[1]
    set -eg $argv[1]
    if not set -qx $argv[1]
        __devenv_note '' '' -
        return 0
    end
    # A universal one is on the disk, for all shells: it stays, and only a value hides it from a child.
    set -gx $argv[1] ''
    __devenv_note 1 '' -
end

function __devenv_note # is the variable set now? its value; the entries added
    set -l before (__devenv_field "$__devenv_is_set" "$__devenv_before")
    set -l after (__devenv_field "$argv[1]" "$argv[2]")
    test $before = $after; or set -ga __devenv_changes $__devenv_name $before $after $argv[3]
end

# -- undoing ---------------------------------------------------------------------------------------

function __devenv_readable # is every name a name, and every field whole?
    string match -qr '^1(,[A-Za-z_][A-Za-z0-9_]*(,(-|\+[A-Za-z0-9_./:@+~%-]*)){3})*$' -- "$argv[1]"
end

function __devenv_revert # take back the fields: name, before, after, added
    while set -q argv[4]
        __devenv_look $argv[1]
        set -l before $argv[2]
        __devenv_decode $argv[3]
        set -l now -
        test -n "$__devenv_is_set"; and set now "+$__devenv_before"
        if test "$now" != "$__devenv_text"
            if test "$argv[4]" = -; or test -z "$__devenv_is_set"
                set -e argv[1..4]
                continue
            end
            __devenv_without $argv[4]
            if test $before != -; or set -q __devenv_list[1]
                __devenv_export $argv[1] $__devenv_text
                set -e argv[1..4]
                continue
            end
        end
        __devenv_restore $argv[1] $before
        set -e argv[1..4]
    end
end

function __devenv_without # __devenv_list and, joined, __devenv_text: __devenv_before without the entries
    __devenv_decode (string sub -s 3 -- $argv[1])
    set -l --path added $__devenv_text
    set -l --path all $__devenv_before
    set -l left $all # a path variable loses a last empty entry
    # At once: usually they are still together.
    if test -n "$added[1]"; and set -l at (contains -i -- $added[1] $left)
        set -l to (math $at + (count $added) - 1)
        test "$all[$at..$to]" = "$added"; and set -e left[$at..$to]
    end
    for entry in $added
        while test -n "$entry"; and set -l at (contains -i -- $entry $left)
            set -e left[$at]
        end
    end
    set -g __devenv_list $left
    set -l --path joined $left
    set -g __devenv_text "$joined"
end

function __devenv_restore # the variable to what a record's field says
    # A universal variable with that value becomes visible, so that a later change of it applies here too.
    set -eg $argv[1]
    set -l now -
    set -qx $argv[1]; and set now "+$$argv[1]"
    __devenv_decode $argv[2]
    test "$now" = "$__devenv_text"; and return 0
    test $argv[2] = -; and return 0
    __devenv_decode (string sub -s 2 -- $argv[2])
    __devenv_export $argv[1] $__devenv_text
end

# -- entry points ----------------------------------------------------------------------------------

function __devenv_complain # what is wrong, and the way out
    printf 'devenv: %s\n  %s\n' $argv >&2
    return 1
end

function __devenv_source # does the dev source exist? package, directory, environment
    test -d $argv[2]; and return 0
    __devenv_complain "the dev source $argv[1] is gone: $argv[2]" \
        "Put it back, or: devenv develop $argv[1] --path DIR --env $argv[3]; and devenv build $argv[3]"
end

function __devenv_python # is the Python of the environment executable? path, environment
    test -x $argv[1]; and return 0
    __devenv_complain "the Python of $argv[2] is missing or not executable: $argv[1]" \
        "Rebuild it: devenv build $argv[2]"
end

function __devenv_enter # run the command, then erase our variables
    $argv
    set -l code $status
    set -e __devenv_text __devenv_name __devenv_is_set __devenv_before __devenv_edited __devenv_added
    set -e __devenv_list __devenv_plain __devenv_parts __devenv_changes
    return $code
end

function __devenv_activate # the environment: __devenv_check, _base and _edits were defined for it
    __devenv_check; or return 1
    if test -n "$DEVENV_RECORD"
        __devenv_deactivate; or return 1
    end
    __devenv_base; or return 1
    set -g __devenv_changes 1
    __devenv_edits
    set -gx DEVENV_RECORD (string join , $__devenv_changes)
    __devenv_show_prompt
    return 0
end

function __devenv_show_prompt
    if status is-interactive; and test -z "$DEVENV_NO_PROMPT"; and functions -q fish_prompt
        functions -c fish_prompt __devenv_prompt
        function fish_prompt
            set -l code $status
            printf '(%s) ' $DEVENV_ENV
            sh -c "exit $code" # the prompt of before may show it
            __devenv_prompt
        end
    end
    return 0
end

function __devenv_deactivate
    if test -z "$DEVENV_RECORD"
        printf 'devenv: no environment is active\n' >&2
        return 0
    end
    if not __devenv_readable $DEVENV_RECORD
        __devenv_complain 'DEVENV_RECORD cannot be read: another devenv wrote it, or it was changed' \
            'Start a new shell, or: set -e DEVENV_RECORD'
        return 1
    end
    if functions -q __devenv_prompt
        functions -e fish_prompt
        functions -c __devenv_prompt fish_prompt
        functions -e __devenv_prompt
    end
    __devenv_revert (string split , -- $DEVENV_RECORD)[2..]
    set -e DEVENV_RECORD
    set -q DEVENV_MODULES; and __devenv_unload
    return 0
end
