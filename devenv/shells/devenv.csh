# What `devenv` does in tcsh and csh, which have no functions, and cannot take a value apart without
# evaluating it: one POSIX shell (sh.sh, csh.sh) works out what is to change, and says it in csh.
#   __devenv_argv  the command's arguments and a last word; none: activate the generation of __devenv_sh.
if (! $?__devenv_argv) set __devenv_argv = ()
@ __devenv_count = $#__devenv_argv - 1
# Of a list, tcsh drops the empty words.
set __devenv_words = ($__devenv_argv:q)
setenv __devenv_full $#__devenv_words
if (! $?__devenv_home) set __devenv_home = ''
# For values with a newline in them: between backquotes it would be a blank.
set __devenv_nl = "\
"
set __devenv_bs = \\
if ($?__devenv_shown) then
  if ($?prompt) then
    if ("$prompt:q" == "$__devenv_shown:q") set prompt = "$__devenv_prompt:q"
  endif
  unset __devenv_shown __devenv_prompt
endif
set __devenv_status = 1
# The shell parses the text in backquotes a second time, quoted or not: so our code is not in them.
setenv __devenv_main '[ $__devenv_count = -1 ] || __devenv_mode=csh; __devenv_tcsh=1; . "$__devenv_sh"'
setenv __devenv_sh "$__devenv_sh:q"
setenv __devenv_home "$__devenv_home:q"
setenv __devenv_1 ''
setenv __devenv_2 ''
if ($__devenv_count > 0) then
  setenv __devenv_1 "$__devenv_argv[1]:q"
endif
if ($__devenv_count > 1) then
  setenv __devenv_2 "$__devenv_argv[2]:q"
endif
setenv __devenv_count $__devenv_count
eval "`printenv __devenv_main | /bin/sh`"
unsetenv __devenv_full __devenv_main __devenv_sh __devenv_home __devenv_1 __devenv_2 __devenv_count
if ($?DEVENV_RECORD && $?prompt && ! $?DEVENV_NO_PROMPT && ! $?__devenv_shown) then
  set __devenv_prompt = "$prompt:q"
  set prompt = "($DEVENV_ENV) $prompt:q"
  set __devenv_shown = "$prompt:q"
endif
unset __devenv_argv __devenv_words __devenv_count __devenv_nl __devenv_bs
set status = $__devenv_status
