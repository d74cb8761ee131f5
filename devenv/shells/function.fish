# The `devenv` function of fish: as function.sh has it for the other shells.

function __devenv_in_step # is this one of the ranks of a job? 4294967290: a shell that salloc opened
    not contains -- "$OMPI_COMM_WORLD_SIZE$PMI_SIZE$MPI_LOCALNRANKS/$SLURM_STEP_ID" / /4294967290
end

function __devenv_evaluate # what the program says; a thousand ranks must not each start a Python
    if __devenv_in_step
        __devenv_complain "'devenv $argv' would start Python in every rank of the job: its script is missing or stale" \
            "Before the job: devenv build NAME. In it: devenv activate NAME"
        return 1
    end
    set -l code (command devenv $argv --shell fish | string collect)
    test $pipestatus[1] -eq 0; or return 1
    eval $code
end

function devenv
    set -l root "$DEVENV_HOME"
    test -n "$root"; or set root $__devenv_home
    set -l root "$root/envs/$argv[2]"
    switch (count $argv)"/$argv[1]/$argv[2]"
        case '4/activate/-*'
            command devenv $argv
        case '4/activate/*'
            if test "$argv[3]" = --model
                __devenv_evaluate $argv
            else
                command devenv $argv
            end
        case '*/activate/-*' '2/activate/*/*'
            command devenv $argv
        case '2/activate/*'
            if test -r $root/current/activate.fish; and not test $root/environment.yaml -nt $root/built
                source $root/current/activate.fish
            else
                __devenv_evaluate $argv
            end
        case 1/activate/
            __devenv_evaluate $argv
        case 1/refresh/
            if test -n "$DEVENV_ENV"
                devenv activate $DEVENV_ENV
            else
                command devenv refresh
            end
        case 1/deactivate/
            __devenv_enter __devenv_deactivate
        case '*'
            command devenv $argv
    end
end
