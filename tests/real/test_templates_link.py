"""The mechanisms that each template chooses translate, compile, link and load with its own NEURON."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from stand_ins import Repositories
from uv import find_uv_bin

from devenv.config.catalogue import load_catalogue
from devenv.config.resources import resource_folder
from devenv.config.templates import load_template
from devenv.core.content import READ_SUFFIXES
from devenv.core.errors import UsageError
from devenv.core.layout import Layout
from devenv.core.nmodl import mechanism
from devenv.core.plan import Clone
from devenv.core.spec import holds, parse_variants, resolve_variants
from devenv.core.template import Template
from devenv.models import (
    Build,
    Mod,
    ModFolder,
    Toolchain,
    check_clashes,
    chosen_mods,
    describe_build,
    parse_makefile,
    plan_build,
    select,
)
from devenv.system import files, git, host
from devenv.system.executor import execute

pytestmark = pytest.mark.real

CATALOGUE = load_catalogue()
OURS = resource_folder("envs")
NEOCORTEX = load_template("neocortex", [OURS])
CHOOSING = ("v5", "plasticity", "ngv", "metabolism")
"""The variants that choose mods; the others say how these are compiled."""

ALL_VARIANTS = [
    "".join(sign + name for sign, name in zip(signs, CHOOSING, strict=True))
    for signs in itertools.product("+~", repeat=len(CHOOSING))
]
LINKED = [
    ("neocortex", ""),
    ("neocortex", "~v5"),
    ("neocortex", "+plasticity~v5"),
    ("neocortex", "+ngv"),
    ("neocortex", "+metabolism~v5"),
    ("neocortex", "+metabolism+ngv+plasticity"),
    ("hippocampus", ""),
    ("thalamus", ""),
    ("mousify", ""),
    ("hnn", ""),
]

# What NEURON itself says is there after the library is loaded, everything in it resolved at once.
LOADED = """
import sys
from neuron import h
h.nrn_load_dll(sys.argv[1])
name = h.ref("")
for kind in (0, 1):
    types = h.MechanismType(kind)
    for index in range(int(types.count())):
        types.select(index)
        types.selected(name)
        print("there", name[0])
"""


def uv(*arguments: str) -> None:
    argv = [find_uv_bin(), *arguments, "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("link")


@pytest.fixture(scope="module")
def neuron(folder: Path) -> Callable[[str], Path]:
    """A NEURON by itself, as a requirement asks for it: the folder that holds its package."""

    @cache
    def make(requirement: str) -> Path:
        home = folder / requirement.replace("=", "-")
        uv("venv", "--python", sys.executable, str(home))
        uv("pip", "install", "--python", str(home / "bin" / "python"), requirement)
        return next(home.glob("lib/python*/site-packages"))

    return make


@pytest.fixture(scope="module")
def root(folder: Path, repositories: Repositories) -> Iterator[Callable[[str, Template], Path]]:
    """Where the paths of a package start: installed from the index, cloned at the pin, or ours."""

    @cache
    def clone(url: str, ref: str) -> Path:
        path = folder / "models"
        git.clone(Clone(url, str(path), ref, depth=1))
        return path

    @cache
    def install(requirement: str) -> Path:
        path = folder / Requirement(requirement).name
        uv(
            "pip",
            "install",
            "--python",
            sys.executable,
            "--no-deps",
            f"--target={path}",
            requirement,
        )
        return path

    def find(package: str, template: Template) -> Path:
        if package == "devenv":
            return resource_folder("examples")
        pin = template.model.repository if template.model else None
        if pin and pin.package == package:
            return clone(pin.url or CATALOGUE[package].git, pin.ref)
        return install(next(r for r in template.packages if Requirement(r).name == package))

    with pytest.MonkeyPatch.context() as patch:
        for name, value in repositories.environ.items():
            patch.setenv(name, value)
        yield find


@pytest.fixture(scope="module")
def mods(root: Callable[[str, Template], Path]) -> Callable[[str, str], tuple[Mod, ...]]:
    """The mods that a template chooses under some variants."""

    def choose(name: str, variants: str, exclude: bool = True) -> tuple[Mod, ...]:
        template = load_template(name, [OURS])
        values = resolve_variants(parse_variants(variants), template.variants, name)
        assert template.model is not None
        found = [
            ModFolder(str(path), folder.package, files.read_folder(path, READ_SUFFIXES))
            for folder in template.model.mods
            if holds(folder.when, values)
            for path in (
                root(folder.package, template) / below
                for below in ([folder.path] if folder.path else CATALOGUE[folder.package].mods)
            )
        ]
        if not exclude:
            return select(found)
        return chosen_mods(found, template.model.exclude, template.model.duplicates)[0]

    return choose


def toolchain(site: Path) -> Toolchain:
    compiler = host.compiler(os.environ)
    assert compiler is not None
    home = str(site / "neuron" / ".data")
    makefile = Path(home, "bin", "nrnmech_makefile").read_text(encoding="utf-8")
    return Toolchain(
        neuron=host.neuron_version(site),
        identity=site.parents[2].name,
        home=home,
        python=site.parent.name.removeprefix("python"),
        cxx=compiler.cxx,
        cc=compiler.cc,
        compiler=compiler.identity,
        flags=parse_makefile(makefile, home),
        ccache=host.ccache(os.environ),
    )


def loaded(site: Path, build: Build) -> set[str]:
    argv = [str(site.parents[2] / "bin" / "python"), "-c", LOADED, build.library]
    environ = {"PATH": os.environ["PATH"], "LD_BIND_NOW": "1"}
    done = subprocess.run(argv, capture_output=True, text=True, env=environ, cwd="/", check=False)
    assert done.returncode == 0, done.stderr
    return {line.split()[1] for line in done.stdout.splitlines() if line.startswith("there ")}


@pytest.mark.parametrize("variants", ALL_VARIANTS)
def test_no_combination_of_variants_has_a_clash(
    mods: Callable[[str, str], tuple[Mod, ...]], variants: str
) -> None:
    check_clashes(mods("neocortex", variants))


@pytest.mark.parametrize("name", ["neocortex", "hippocampus", "thalamus", "mousify"])
def test_what_is_excluded_would_not_link(
    mods: Callable[[str, str, bool], tuple[Mod, ...]], name: str
) -> None:
    with pytest.raises(UsageError, match="InhPoissonStim"):
        check_clashes(mods(name, "", False))


@pytest.mark.parametrize(("name", "variants"), LINKED)
def test_the_chosen_mechanisms_link_and_load(
    mods: Callable[[str, str], tuple[Mod, ...]],
    neuron: Callable[[str], Path],
    folder: Path,
    name: str,
    variants: str,
) -> None:
    template = load_template(name, [OURS])
    assert template.model is not None
    chosen = mods(name, variants)
    site = neuron(template.neuron)
    # One store for all of them: what two models share is compiled once.
    build = describe_build(
        chosen, toolchain(site), Layout(folder / "home"), flags=template.model.flags
    )
    have = {path for path in (build.path, *build.stored) if os.path.lexists(path)}
    log = folder / "log" / build.key
    execute(plan_build(build, have, build.key[:8], str(log)), environ=os.environ)
    there = loaded(site, build)
    distinct = {"neocortex": "SKv3_1", "hippocampus": "kap", "thalamus": "TC_HH"}
    distinct |= {"mousify": "Kv2like", "hnn": "hh2"}
    assert distinct[name] in there
    assert ("ring_na" in there) == (name != "hnn")
    expected = {mechanism(mod.text) for mod in chosen} - {""}
    assert expected <= there
    assert len(expected) > len(chosen) / 2
