"""How each page is followed: what it needs, and what its reader puts for the words in capitals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from support import REPOSITORY, RING


@dataclass(frozen=True)
class Row:
    """names: of the page -> what is typed. before: shell code that the reader has run. after: a line
    that succeeds if the page had the effect that it promises."""

    names: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    after: str = ""


NEURODAMUS = "https://github.com/openbraininstitute/neurodamus.git"
MODELS = "https://github.com/openbraininstitute/neurodamus-models.git"
PINNED = "48aaf3c8156c1c289c15402d7fae7ced63180b63"
NAMED = {"NAME": "neocortex"}
ACTIVE = 'eval "$(devenv activate neocortex)"'
FUNCTION = 'eval "$(devenv shell-init bash)"'
CIRCUIT = f"""\
export PYTHONPATH={RING}
devenv run neocortex python {RING}/make_ring.py circuit && cd circuit"""
SUBMITTED = """\
job() { devenv submit -n 4 --time 2:00:00 -- "$@" | tee said; job=$(grep -Eo '[0-9]+' said | head -1); }
job"""
PACKAGE = """\
cp -r ~/src/fastsim/. .; cat >> pyproject.toml <<END
[tool.devenv.wheel]
python = "$PYTHON"
[[tool.devenv.wheel.index]]
name = "staging"
url = "${INDEX}simple/"
publish = "$INDEX"
END"""
BUILT = f"{PACKAGE}\ndevenv wheel build"
MORE_FILES = f"""\
mkdir -p mod more/mod; cp {RING}/mod/ring_leak.mod mod; cp {RING}/mod/ring_leak.mod more/mod
echo 'from neuron import h' > run.py"""
PREFIX = "devenv run work -- python -c 'import neuron; print(neuron.__file__)'"
NOTE = """\
{package: {name: note, version: "1.0"}, build: {number: 0, string: "0", script: touch $PREFIX/note}}"""
TWO_FILES = f"cp {RING}/mod/ring_leak.mod . && echo 'from neuron import h' > run.py"
OTHERS = "for name in {}; do devenv create $name --template small; done"
EXAMPLE = r"awk '/^```/ { inside = !inside && !seen++; next } inside' " + str(
    REPOSITORY / "docs/how-to/write-a-template.md"
)
"""Prints the first fenced block of the page."""

TABLE: Mapping[str, Mapping[str, Row]] = {
    "tutorial": {
        # First: its reader has no other environment.
        "docs/tutorial/first-simulation.md": Row(before=f"ring={RING}"),
        "docs/tutorial/your-own-model.md": Row(),
        "README.md": Row(before=TWO_FILES),
        "docs/index.md": Row(before=TWO_FILES),
        "docs/how-to/start-a-project.md": Row(
            {
                "devenv mods add": f"{MORE_FILES}; devenv mods add",
                "devenv run -- python": "cp -r . ../clone; cd ../clone; devenv run -- python",
            }
        ),
    },
    "home": {
        "docs/how-to/add-a-package.md": Row(NAMED, ACTIVE),
        "docs/how-to/activate-in-your-shell.md": Row(
            {
                **NAMED,
                "-- COMMAND": "-- true",
                "SHELL": "bash",
                "TREE": "~/modulefiles",
                # ipykernel was added since the activation.
                "devenv doctor": "devenv refresh; devenv doctor",
            },
            f"{FUNCTION}; mkdir ~/modulefiles",
        ),
        "docs/how-to/use-jupyter-and-vs-code.md": Row(NAMED, ACTIVE),
        "docs/how-to/troubleshoot.md": Row(NAMED),
        "docs/how-to/repair-an-environment.md": Row(NAMED),
        "docs/how-to/read-a-report.md": Row(),
        "docs/how-to/roll-back-to-an-earlier-build.md": Row(
            {"neocortex": "history"},
            f"{OTHERS.format('history')}; devenv develop neurodamus --path ~/src/neurodamus"
            " --env history; devenv build history",
        ),
        "docs/how-to/reproduce-an-environment.md": Row(),
        "docs/how-to/develop-a-package.md": Row(
            {
                "--git URL@REF": f"--git {NEURODAMUS}@main --env git",
                "neurodamus --branch my-feature": "neurodamus --branch my-feature --env branch",
                "neurodamus-models --": "neurodamus-models --env regions --",
                "--release  ": "--release --env one ",
                "--release 4.2.9": "--release 4.2.9 --env two",
                "--template mine": "--template small",
            },
            f"{OTHERS.format('live git branch one two')}; devenv create regions"
            ' --template neocortex; eval "$(devenv activate live)"',
        ),
        "docs/how-to/choose-how-a-model-is-built.md": Row(
            {"FILE.mod": "vecevent.mod"},
            f"{ACTIVE}; {CIRCUIT}; mkdir -p ~/my/mods; cp {RING}/mod/ring_leak.mod ~/my/mods",
        ),
        "docs/how-to/test-with-profiles.md": Row(
            {
                "PKG": "neurodamus",
                "-k color": "-k coord",
                "test_sonata_config.py": "test_coords.py",
                "test_parse_run": "test_basic",
                "test_ringcells.py": "test_coords.py",
            },
            ACTIVE,
        ),
        "docs/how-to/use-your-own-models-repository.md": Row(
            {"URL@REF": f"{MODELS}@{PINNED}"}, "unset DEVENV_ENV"
        ),
        "docs/how-to/write-a-template.md": Row(
            {"NAME": "another"},
            f"cd $DEVENV_HOME/templates; cp small.yaml another.yaml; {EXAMPLE} > ring.yaml",
        ),
        "docs/explanation/precedence-of-paths.md": Row(before=f"{ACTIVE}; touch script.py"),
        "docs/how-to/work-offline.md": Row(
            {
                "PACKAGE --git URL@REF": f"neurodamus --git {NEURODAMUS}@main --env mirror",
                "NAME --models URL@REF": f"mirrored --template neocortex --models {MODELS}@{PINNED}",
                "=URL": '="$(pip config get global.index-url)"',
            },
            OTHERS.format("mirror"),
        ),
        "docs/how-to/administer-a-site.md": Row(
            {**NAMED, "/scratch/$USER/devenv": "$DEVENV_HOME", "/shared": "~/shared"},
            f"{ACTIVE}; mkdir -p ~/shared/modulefiles",
        ),
    },
    "slurm": {
        "docs/how-to/run-under-slurm.md": Row(
            {
                "-- COMMAND": "-- true",
                "-- …": "-- true",
                "-n 64": "-n 2",
                "-j 16": "-j 2",
                "0-199%32": "0-3",
                "python analyse.py": "echo",
                "python report.py": "true",
                "devenv submit -n 4 --time 2:00:00 --": SUBMITTED,
                "4711": '"$job"',
                "create NAME": "create there --template small",
                # No real PBS can be had: see pbs_standin.py.
                "devenv submit -n 4 -C": (
                    "export PATH=$PBS_STANDIN/bin:$PATH SLURM_CONF=/nowhere"
                    "; devenv submit -n 4 -p main -C"
                ),
                "--on pbs": "--on pbs -p main",
                "COMMAND OPTIONS…": "qcmd -q main; devenv config unset pbs_wrapper",
            },
            f"{ACTIVE}; {CIRCUIT}; git init -q .; printf '#!/bin/sh\n' > study.sh; chmod +x study.sh",
        ),
        "docs/how-to/test-under-slurm.md": Row(
            {"test_ringcells.py": "test_coords.py", "-k test_ringcells": "-k coord"}, ACTIVE
        ),
    },
    "packages": {
        "docs/how-to/build-wheels.md": Row(before=PACKAGE),
        "docs/how-to/check-a-wheel.md": Row(
            {"new.whl": "wheelhouse/*.whl", "old.whl": "wheelhouse/*.whl"}, BUILT
        ),
        "docs/how-to/test-wheels.md": Row(
            {"3.12 wheelhouse/neuron-9.0.2-cp312-*.whl": "$PYTHON wheelhouse/*.whl"},
            f"{BUILT}; mkdir deps",
        ),
        "docs/how-to/upload-wheels.md": Row({"https://host/legacy/": "$INDEX"}, BUILT),
        "docs/how-to/release-packages.md": Row(
            {
                "3.12 wheelhouse/NAME-1.0-cp312-cp312-linux_x86_64.whl": "$PYTHON wheelhouse/*.whl",
                "RECIPE": "recipe",
                "NAME-1.0-0": "note-1.0-0",
                "--channel CHANNEL": "--channel ~/released",
                "PACKAGE -c A -c B": "output/linux-64/note-1.0-0.conda -c output",
            },
            # The index has version 1.0 already, from the page on uploads.
            f"{PACKAGE}\nsed -i 's/^version = .*/version = \"1.1\"/' pyproject.toml; devenv wheel build"
            f"; mkdir recipe; echo '{NOTE}' > recipe/recipe.yaml",
            "ls ~/released/linux-64/note-1.0-0.conda && grep recipe .github/workflows/conda.yml",
        ),
    },
    "conda": {
        "docs/how-to/build-conda-packages.md": Row(
            {
                "RECIPE": "recipe",
                "3.11,3.12": "$PYTHON",
                "--channel CHANNEL": "--channel $CHANNEL",
                "NAME-1.0-0": "small-1.0-0",
                "PACKAGE": "output/linux-64/small-1.0-0.conda",
                "-c A -c B": "-c output -c $CHANNEL",
                "*_site' -c output": "*_site' -c $CHANNEL",
                "QUETZ_API_KEY=…": "QUETZ_API_KEY=$KEY",
                "https://HOST/get/CHANNEL": "$QUETZ",
                "/shared/channel": "~/shared/channel",
                "DIRECTORY": "carried",
                # The channel has the python that the package needs.
                "devenv create science": "devenv conda upload $CHANNEL/linux-64/*.conda --to s3"
                " --channel s3://BUCKET/CHANNEL; devenv create bucket",
                "s3://BUCKET/CHANNEL": "s3://ours/channel",
                "NAME": "small",
            },
            "cp -r ~/conda/. .",
            "ls ~/shared/channel/linux-64/small-1.0-0.conda carried/linux-64/small-1.0-0.conda"
            " && grep small $DEVENV_HOME/conda-envs/*/share/small/text",
        ),
        "docs/how-to/use-conda-packages.md": Row(
            {
                "--channel CHANNEL": "--channel $CHANNEL",
                "--engine conda --channel jonescompneurolab --channel conda-forge": (
                    "--engine conda --channel $CHANNEL"
                ),
                "devenv add": "export DEVENV_ENV=science; devenv add",
                "develop hnn-core": "develop fastsim --path ~/src/fastsim",
            },
            "cp -r ~/conda/. .; unset DEVENV_ENV",
            "grep 0_site $DEVENV_HOME/envs/simulations/current/conda.lock",
        ),
    },
    "conda for a site": {
        "docs/how-to/build-conda-packages-for-a-site.md": Row(
            {},
            "cp -r ~/conda/. .; . /usr/share/modules/init/bash; module use ~/modules",
            "python -m zipfile -e output/linux-64/mpi4py-4.0.1-mycluster_1000.conda in"
            " && zstd -dc in/pkg-*"
            " | tar -xO share/mpicc | grep modules/bin/mpicc"
            # Work in a job leaves a report of its own, with the package that it built.
            ' && grep -l \'"command": "devenv _work\' $DEVENV_HOME/log/reports/*/report.json'
            " | xargs grep -l mycluster_1000",
        ),
    },
    "toolchain": {
        "docs/how-to/develop-neuron.md": Row(
            {
                "HEAD~20 -- python test.py": "HEAD~3 -- python ~/src/answer.py | grep 41",
                "BAD GOOD": "HEAD HEAD~3",
                "~/test.py": "~/src/test.py | grep -A8 'first bad commit' | grep 'Answer 50'",
                # What the stand-in has for a test.
                "ctest -R rxd": "ctest -R answer",
                "python run.py": "python ~/src/answer.py",
            },
            "unset DEVENV_ENV; echo 'import neuron; print(neuron.answer())' > ~/src/answer.py",
            f'test -z "$(git status --short)" && {PREFIX} | grep site-packages',
        ),
    },
    "modules": {
        "docs/how-to/use-a-sites-modules.md": Row(
            {
                "create mine": "create over",
                "--template neocortex": "--template small",
                "NAME": "over",
                "~/neurodamus": "~/src/neurodamus",
            },
            f". /usr/share/modules/init/bash; {FUNCTION}; devenv deactivate; unset DEVENV_ENV",
            "echo $LOADEDMODULES | grep archive && devenv run quick -- special | grep shadow",
        ),
    },
    "spack": {
        "docs/how-to/adopt-a-spack-environment.md": Row(
            {"-n 4 -- solver input.yaml": "-n 2 -- special"},
            after="grep 'gromacs+mpi' $DEVENV_HOME/envs/tools/spack.yaml"
            ' && test "$(ls ~/projects/solver)" = spack.yaml',
        ),
        # Last: it removes the packages that no environment has.
        "docs/how-to/use-spack.md": Row(
            {
                "create neocortex --variant": "create --template trial neocortex --variant",
                "create neocortex": "create small --template trial",
                "neurodamus-py": "trial --path ~/src/trial --env neocortex",
                "-j 8": "-j 2 $DEVENV_ENV",
                "wheels off": "wheels off; devenv config unset wheels",
                "PACKAGE --path DIR": "trial-tool --path ~/src/tool",
                "PACKAGE": "trial-note",
                "create NAME": "create had-again",
                "NAME": "models",
                "-- …": "-- nrniv -c 'quit()'",
                "OTHER": "neocortex",
            },
            "export EDITOR=true DEVENV_ENV=neocortex; devenv spack setup; devenv create models"
            " --template trial-mods; devenv build models",
            "devenv run had-again -- special && ls g.svg && devenv config show | grep wheels",
        ),
    },
    "spack on a cluster": {
        "docs/how-to/use-spack-on-a-cluster.md": Row(
            {
                "cp envs": f"cp {REPOSITORY}/envs",
                # What the reader makes of the example.
                "mysite.yaml": "mysite.yaml; cat ~/mine.yaml > $DEVENV_HOME/sites/mysite.yaml",
                "-N 4 -j 32": "-N 2 -j 2",
                "s3://bucket/builds": "~/builds",
            },
            "cp $DEVENV_HOME/sites/trial.yaml ~/mine.yaml; unset DEVENV_SITE; export DEVENV_ENV=solver",
            "ls ~/builds && devenv run solver -- special",
        ),
    },
    "end": {"docs/how-to/upgrade-and-remove.md": Row({"NAME": "old"}, OTHERS.format("old"))},
}
"""Groups of pages that one fixture serves, in the order in which they are followed."""

EXECUTED = {page for group in TABLE.values() for page in group}
__all__ = ["EXECUTED", "REPOSITORY", "TABLE", "Row"]
