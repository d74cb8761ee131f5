"""An environment over the modules of a site, which shadow all that is ours."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from mine import MODULES, NAME, WHERE, Mine

from devenv.core.base import is_bookkeeping

pytestmark = pytest.mark.real


needs_modules = pytest.mark.skipif(
    not (MODULES / "init/bash").exists(), reason="Environment Modules are not here"
)


@needs_modules
@pytest.mark.parametrize("when", ["before", "as the base"])
def test_the_dev_source_wins_over_a_module(mine: Mine, when: str) -> None:
    name = NAME
    load = "module load neurodamus-neocortex; "
    if when == "as the base":
        name, load = "based", ""
        template = mine.devenv.home.parent / "small.yaml"
        base = ("--base", "modules:neurodamus-neocortex")
        found = {"MODULEPATH": str(mine.site / "modules")}
        mine.devenv("create", name, "--template", template, *base, **found)
        mine.devenv("develop", "neurodamus", "--path", mine.source, "--env", name, **found)
        mine.devenv("build", name, **found)
    dump = "env -0 | sort -z | tr '\\0' '\\n'"
    said = mine.bash(
        f"""{load}export HOC_LIBRARY_PATH=${{HOC_LIBRARY_PATH-}}
        echo BEFORE:; {dump}; echo BEFORE:
        . {mine.devenv.home}/envs/{name}/current/activate.sh || exit 3
        echo "LOADED $LOADEDMODULES"
        python -c "{WHERE}"; special -python -c "{WHERE}"
        hoc=${{HOC_LIBRARY_PATH%%:*}}; echo "HOC $hoc"
        echo "INIT $(readlink -f "$NEURODAMUS_PYTHON/hoc")"
        echo "SPECIAL $(command -v special)"
        devenv deactivate
        echo AFTER:; {dump}"""
    )
    assert said.count(mine.neurodamus) == 2, said
    assert "shadow" not in said
    assert f"HOC {mine.source}/neurodamus/data/hoc" in said
    assert f"INIT {mine.source}/neurodamus/data/hoc\n" in said
    assert f"SPECIAL {mine.devenv.home}" in said
    assert "LOADED neurodamus-neocortex" in said
    before, after = said.split("BEFORE:\n")[1], said.split("AFTER:\n")[1]

    def theirs_apart(text: str) -> list[str]:
        return [line for line in text.splitlines() if not is_bookkeeping(line.partition("=")[0])]

    assert theirs_apart(after) == theirs_apart(before)


@needs_modules
def test_a_module_loaded_afterwards_is_named_and_put_right(mine: Mine, tmp_path: Path) -> None:
    said = mine.bash(
        f""". {mine.current}/activate.sh; module load neurodamus-neocortex
        python -c "{WHERE}"; echo "SPECIAL $(command -v special)"
        devenv doctor; echo "DOCTOR $?"
        cd {tmp_path}
        devenv run -- python -c "{WHERE}"
        devenv run -- special -python -c "{WHERE}"
        devenv which neurodamus-py; devenv which special; devenv which neurodamus.hoc
        mkdir x86_64; : > x86_64/libnrnmech.so; devenv which libnrnmech; rm -r x86_64
        echo ': edited' >> {mine.source}/neurodamus/data/mod/ALU.mod
        devenv build; devenv run -- special -c 'quit()'; echo "BUILT $?"
        devenv test -e own; echo "TESTS $?" """
    )
    library = mine.devenv("which", "libnrnmech", "--env", NAME).stdout
    assert "because of: model " in library
    assert f"shadows: {tmp_path}/x86_64/libnrnmech.so" in said
    assert "1 of them compiled now" in said, "a build over the module is a build of ours"
    assert "BUILT 0" in said
    assert "the shadow was imported" in said, "the module is in front in this shell"
    assert f"SPECIAL {mine.site}/bin/special" in said
    assert "DOCTOR 1" in said
    for variable in ("PATH", "PYTHONPATH", "HOC_LIBRARY_PATH"):
        assert f"comes first in {variable}" in said
    assert f"NEURODAMUS_PYTHON is {mine.site}/python/neurodamus/data" in said
    assert "loaded modules: neurodamus-neocortex/1.0" in said
    assert said.count(mine.neurodamus) == 2, said
    assert f"{mine.source}/neurodamus\n  because of: dev source neurodamus" in said
    assert f"shadows: {mine.site}/python/neurodamus" in said
    assert f"shadows: {mine.site}/bin/special" in said
    assert f"shadows: {mine.site}/hoc/neurodamus.hoc" in said
    assert "TESTS 0" in said, said


def stack(site: Path) -> None:
    """A module with packages: one as pip installs it, one without its metadata, one too old."""
    for file, text in {
        "stack/docopt.py": "BY = 'the stack'\n",
        "stack/docopt_ng-0.9.0.dist-info/METADATA": "Name: docopt-ng\nVersion: 0.9.0\n",
        "stack/h5py/__init__.py": "BY = 'the stack'\n",
        "stack/libsonata-0.1.dist-info/METADATA": "Name: libsonata\nVersion: 0.1\n",
        "modules/stack/1.0": f"#%Module\nprepend-path PYTHONPATH {site}/stack\n",
    }.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)


@needs_modules
def test_a_changed_modulefile_of_the_base_is_seen(mine: Mine) -> None:
    """Though a build looks at files alone. What it changes is undone, too. The template names it."""
    found = {"MODULEPATH": str(mine.site / "modules")}
    stack(mine.site)
    template = mine.devenv.home.parent / "over.yaml"
    template.write_text('summary: over the stack\nneuron: ""\npackages: []\nbase: modules:stack\n')
    mine.devenv("create", "over", "--template", template, **found)
    mine.devenv("build", "over", **found)
    assert "up to date (generation 1)" in mine.devenv("build", "over", **found).stdout
    file = mine.site / "modules/stack/1.0"
    file.write_text(f"{file.read_text()}setenv OF_THE_STACK 1\n")
    assert "generation 2" in mine.devenv("build", "over", **found).stdout
    said = mine.bash(
        f"""export OF_THE_STACK=mine; . {mine.devenv.home}/envs/over/current/activate.sh
        echo "IN $OF_THE_STACK"; devenv deactivate; echo "OUT $OF_THE_STACK" """
    )
    assert "IN 1" in said
    assert "OUT mine" in said


@needs_modules
def test_the_sites_stack_with_our_sources_in_front(mine: Mine) -> None:
    """The quick path: nothing of NEURON is ours, and special is the site's."""
    found = {"MODULEPATH": str(mine.site / "modules")}
    stack(mine.site)
    base = ("--template", "site", "--base", "modules:neurodamus-neocortex,stack")
    mine.devenv("create", "quick", *base, **found)
    mine.devenv("develop", "neurodamus", "--path", mine.source, "--env", "quick", **found)
    said = mine.bash(
        """eval "$(devenv shell-init bash)"; devenv activate quick
        echo "PY ${PYTHONPATH}"; echo "HOC $HOC_LIBRARY_PATH"
        echo "INIT $(readlink -f "$NEURODAMUS_PYTHON/hoc")"
        special; devenv run -- special; python -c 'import pytest'
        python -c "import importlib.util as u; print('FOUND', u.find_spec('neurodamus').origin)"
        python -c "import docopt, h5py; print(docopt.BY, h5py.BY)"
        python -c "import libsonata; print('OURS', libsonata.__file__)" """
    )
    # What the base has is the base's, what it has not (or too old) is installed.
    assert f"the stack the stack\nOURS {mine.devenv.home}/venvs/" in said, said
    lock = json.loads((mine.devenv.home / "envs/quick/current/lock.json").read_text())
    packages = {line.split("==")[0] for line in lock["packages"] if "==" in line}
    assert "libsonata" in packages
    assert not {"docopt-ng", "h5py", "neuron"} & packages
    found_at = said.split("FOUND ")[1].splitlines()[0]
    assert os.path.realpath(found_at) == mine.neurodamus.removeprefix("FROM ")
    assert said.count("the special of the shadow") == 2
    assert f"HOC {mine.source}/neurodamus/data/hoc:{mine.site}/hoc" in said
    assert f"INIT {mine.source}/neurodamus/data/hoc\n" in said
