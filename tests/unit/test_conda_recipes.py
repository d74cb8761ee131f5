"""Recipes of conda packages: selectors, templates, variants, requirements, and the order of builds."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml

from devenv.core.errors import UsageError
from devenv.products.conda.cells import CondaCell, Output, in_order, without_repeats
from devenv.products.conda.convert import convert
from devenv.products.conda.licences import spdx
from devenv.products.conda.meta import render_all
from devenv.products.conda.recipe import Host, RecipeSource, Rendered
from devenv.products.conda.selectors import namespace, select
from devenv.products.conda.specs import canonical_spec
from devenv.products.conda.variants import overrides, read_configuration

LINUX = Host("linux-64", "3.12")
HEAD = "package:\n  name: a\n  version: '1.10'\n"


def rendered(
    text: str,
    *choices: str,
    host: Host = LINUX,
    files: tuple[str, ...] = (),
    config: str = "",
) -> list[Rendered]:
    configs = (("conda_build_config.yaml", config),) if config else ()
    source = RecipeSource("a/meta.yaml", text, frozenset(files), configs)
    return render_all(source, host, overrides(choices))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("numpy", "numpy"),
        ("mpi4py =*=derecho*", "mpi4py * derecho*"),
        ("mpi4py=*=derecho*", "mpi4py * derecho*"),
        ("pytorch==2.7.0=derecho*", "pytorch ==2.7.0 derecho*"),
        ("mpich =3*=external_*", "mpich 3* external_*"),
        ("petsc =3.21*=derecho*", "petsc 3.21* derecho*"),
        ("petsc =3.16.*", "petsc 3.16.*"),
        ("petsc =3.16", "petsc 3.16.*"),
        ("boost <=1.85*", "boost <=1.85"),
        ("gcc >=12.2.*,<13", "gcc >=12.2,<13"),
        ("pillow !=8.3.*,>=5.3.0", "pillow !=8.3.*,>=5.3.0"),
        ("python >=3.12,<3.13", "python >=3.12,<3.13"),
        ("petsc 3.16", "petsc 3.16.*"),
        ("alpha 1.0 py312_0", "alpha ==1.0 py312_0"),
        ("libcudss==0.5.0.16", "libcudss ==0.5.0.16"),
        ("python 3.12.* *_cpython", "python 3.12.* *_cpython"),
        ("ncurses >=6.5,<7.0a0", "ncurses >=6.5,<7.0a0"),
    ],
)
def test_requirements_are_written_as_solvers_read_them(written: str, canonical: str) -> None:
    assert canonical_spec(written) == canonical
    assert canonical_spec(canonical) == canonical


@pytest.mark.parametrize(
    ("expression", "platform", "python", "holds"),
    [
        ("linux", "linux-64", "3.12", True),
        ("win", "linux-64", "3.12", False),
        ("py<312 or py>313 or win or aarch64", "linux-64", "3.11", True),
        ("py<312 or py>313 or win or aarch64", "linux-64", "3.12", False),
        ("py<312 or py>313 or win or aarch64", "linux-aarch64", "3.12", True),
        ("osx and arm64", "osx-arm64", "3.12", True),
        ("unix and not linux64", "osx-64", "3.12", True),
        ('mpi == "openmpi" and build_platform == target_platform', "linux-64", "3.9", True),
    ],
)
def test_selectors_choose_lines(expression: str, platform: str, python: str, holds: bool) -> None:
    names = namespace(platform, {"python": python, "mpi": "openmpi"})
    kept, notes = select(
        [(7, f"- a  # [{expression}]"), (8, "# - b  # [no such thing]")], names, "f"
    )
    assert kept == ([(7, "- a")] if holds else []) + [(8, "# - b  # [no such thing]")]
    assert not notes


def test_an_unknown_name_in_a_selector_is_named_with_its_line() -> None:
    text = HEAD + "build:\n  string: x  # [cuda == 'None']\n  string: y  # [cuda != 'None']\n"
    (one,) = rendered(text)
    assert one.recipe["build"]["string"] == "y"
    assert [(n.line, "cuda is not known" in n.text) for n in one.notes] == [(5, True), (6, True)]


def test_an_invalid_selector_names_its_line() -> None:
    with pytest.raises(UsageError, match=r"meta.yaml, line 4: the selector \[linux and\]"):
        rendered(HEAD + "build:  # [linux and]\n")


def test_lines_count_in_the_file_where_jinja_dropped_some() -> None:
    text = "{% if 0 %}\nnothing: 1\nmore: 2\n{% endif %}\n" + HEAD + "app:\n  icon: x.png\n"
    (one,) = rendered(text)
    assert [(n.line, n.kind, n.text) for n in one.notes] == [
        (8, "unknown", "app is not understood")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "  string: {{ environ.get('SITE') }}_0\n",
            "line 5: the environment variable SITE is not set",
        ),
        ("  string: {{ environ['SITE'] }}_0\n", "line 5: the environment variable SITE is not set"),
        ("  string: {{ site }}_0\n", "line 5: 'site' is undefined"),
        ("  string: {{ load_setup_py_data() }}\n", "line 5: 'load_setup_py_data' is undefined"),
        ("  string: {{ 'a' \n", "line 5: "),
        ("  number: {{ 'a' }}\n", "line 5: invalid build number: 'a'"),
        ("  number: 1\n  number: 2\n", "line 6: number is a duplicate, first in line 5"),
        ("  string: 'a\n", "not valid YAML"),
    ],
)
def test_what_cannot_be_rendered_names_its_line(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=r"a/meta\.yaml") as caught:
        rendered(HEAD + "build:\n" + text)
    assert message in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_templates_cannot_reach_the_machine() -> None:
    with pytest.raises(UsageError, match="line 4"):
        rendered(HEAD + "build: {{ ''.__class__.__mro__[1].__subclasses__() }}\n")


def test_numbers_stay_as_they_are_written() -> None:
    (one,) = rendered("package:\n  name: A\n  version: 1.10\nrequirements:\n  run: [b 3.10]\n")
    assert (one.name, one.version) == ("a", "1.10")
    assert one.recipe["requirements"]["run"] == ["b 3.10.*"]


def test_what_only_the_build_knows_stays_an_expression() -> None:
    text = HEAD + (
        "build:\n  number: 7\n  string: h{{ PKG_HASH }}_{{ PKG_BUILDNUM }}_py{{ PY_VER }}\n"
        "  run_exports:\n    - {{ pin_subpackage('a', max_pin='x.x') }}\n"
        "requirements:\n  build:\n    - {{ compiler('c') }}\n  host: [python]\n  run:\n"
        "    - {{ pin_compatible('petsc', min_pin='x.x', max_pin='x.x') }}\n"
    )
    (one,) = rendered(text)
    assert one.recipe["build"]["string"] == "h${{ hash }}_7_py3.12"
    needs = one.recipe["requirements"]
    assert needs["build"] == ['${{ compiler("c") }}']
    assert needs["run"] == ['${{ pin_compatible("petsc", lower_bound="x.x", upper_bound="x.x") }}']
    assert needs["run_exports"] == {"weak": ['${{ pin_subpackage("a", upper_bound="x.x") }}']}


def test_build_without_host_is_one_environment() -> None:
    (one,) = rendered(HEAD + "requirements:\n  build: [python]\n")
    assert one.recipe["build"]["merge_build_and_host_envs"] is True
    assert any("one environment" in note.text for note in one.notes)


def test_site_variables_reach_the_script() -> None:
    host = Host("linux-64", "3.12", {"SITE": "derecho"})
    text = HEAD + "build:\n  script_env:\n    - SITE\n    - CUDA=12\n    - LOST\n"
    (one,) = rendered(text, host=host, files=("build.sh",))
    assert one.recipe["build"]["script"] == {
        "file": "build.sh",
        "env": {"SITE": "derecho", "CUDA": "12"},
    }
    assert [n.line for n in one.notes if "LOST" in n.text] == [8]


def test_host_folders_stay_in_rpaths() -> None:
    text = (
        HEAD + "build:\n  host_runpath_whitelist: ['/opt/cray/*']\n"
        "  missing_dso_whitelist: ['*/libmpi.so*']\n"
    )
    (one,) = rendered(text)
    assert one.recipe["build"]["dynamic_linking"] == {
        "rpath_allowlist": ["/opt/cray/**"],
        "missing_dso_allowlist": ["*/libmpi.so*"],
    }


def test_tests_of_every_kind_are_taken_over() -> None:
    text = (
        HEAD + "test:\n  imports: [a]\n  commands: [pip check, a --help]\n  requires: [pip, b =1]\n"
    )
    (one,) = rendered(text, files=("run_test.py",))
    assert one.recipe["tests"] == [
        {"python": {"imports": ["a"], "pip_check": True}},
        {
            "script": ["a --help", "python run_test.py"],
            "requirements": {"run": ["pip", "b 1.*"]},
            "files": {"recipe": ["run_test.py"]},
        },
    ]


def test_outputs_share_what_is_built_once() -> None:
    text = HEAD + (
        "build:\n  number: 3\noutputs:\n  - name: liba\n    files: [lib/liba.so]\n"
        "    test:\n      commands: [test -f $PREFIX/lib/liba.so]\n"
        "  - name: a-all\n    requirements:\n      run:\n"
        "        - {{ pin_subpackage('liba', exact=True) }}\n"
    )
    (one,) = rendered(text, files=("build.sh",))
    staging, lib, everything = one.recipe["outputs"]
    assert staging["staging"] == {"name": "build"}
    assert lib["inherit"] == "build"
    assert lib["build"]["files"] == ["lib/liba.so"]
    assert everything["requirements"]["run"] == ['${{ pin_subpackage("liba", exact=True) }}']
    assert everything["build"]["number"] == 3


def test_only_keys_that_a_recipe_names_make_variants() -> None:
    config = "mpi: [mpich, openmpi]\nscalar: [real, complex]\nunused: [1, 2]\n"
    found = rendered(HEAD + "build:\n  string: {{ mpi }}_{{ scalar }}\n", config=config)
    strings = [one.recipe["build"]["string"] for one in found]
    assert strings == ["mpich_real", "mpich_complex", "openmpi_real", "openmpi_complex"]


def test_zipped_keys_go_together() -> None:
    config = "torch: ['2.7', '2.6']\nvision: ['0.22', '0.21']\nzip_keys:\n  - [torch, vision]\n"
    text = HEAD + "build:\n  string: {{ torch }}_{{ vision }}\n"
    assert [o.recipe["build"]["string"] for o in rendered(text, config=config)] == [
        "2.7_0.22",
        "2.6_0.21",
    ]
    chosen = rendered(text, "torch:vision=1:2,3:4", config=config)
    assert [o.recipe["build"]["string"] for o in chosen] == ["1_2", "3_4"]


def test_zipped_keys_need_as_many_values_each() -> None:
    with pytest.raises(UsageError, match="a has 2, b has 1"):
        read_configuration("a: [1, 2]\nb: [1]\nzip_keys: [[a, b]]\n", "c.yaml", "linux-64")


@pytest.mark.parametrize("choice", ["python", "=1", "a:b=1", "a:b=1:2,3", "a=1,,2", "a="])
def test_an_invalid_variant_is_named(choice: str) -> None:
    with pytest.raises(UsageError, match=f"invalid variant: '{choice}'"):
        overrides([choice])


def test_a_variant_is_a_variable_of_the_environment_too() -> None:
    text = "package:\n  name: a\n  version: {{ environ.get('A_VERSION', '1') }}\n"
    assert [one.version for one in rendered(text, "A_VERSION=2,3")] == ["2", "3"]


def test_a_skip_says_its_selector_and_line() -> None:
    text = HEAD + "build:\n  skip: true  # [py<312]\n"
    old, new = rendered(text, "python=3.11,3.12")
    assert (old.skipped, new.skipped) == ("build/skip [py<312], line 5", "")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("BSD 3-Clause", "BSD-3-Clause"),
        ("Apache 2.0", "Apache-2.0"),
        ("MIT", "MIT"),
        ("Our Own (v2)", "LicenseRef-Our-Own-v2"),
    ],
)
def test_licences_are_named_as_spdx_does(written: str, canonical: str) -> None:
    assert spdx(written) == canonical


def cell(
    name: str, *needs: str, path: str = "", variant: Mapping[str, str] | None = None
) -> CondaCell:
    output = Output(name, "1", "0", "linux-64", {"host": needs})
    return CondaCell(path or f"{name}/meta.yaml", variant or {}, (output,))


def test_recipes_come_after_those_they_need() -> None:
    cells = [cell("c", "b 1"), cell("a"), cell("b", "a >=1", "python")]
    assert [one.outputs[0].name for one in in_order(cells)] == ["a", "b", "c"]


def test_a_circle_of_recipes_is_named() -> None:
    with pytest.raises(UsageError, match=r"a/meta\.yaml -> c/meta\.yaml -> b/meta\.yaml -> a/"):
        in_order([cell("a", "c"), cell("b", "a"), cell("c", "b")])


def test_two_variants_with_one_file_are_built_once_and_told() -> None:
    kept, told = without_repeats(
        [cell("a", variant={"python": "3.11"}), cell("a", variant={"python": "3.12"})]
    )
    assert [one.variant for one in kept] == [{"python": "3.11"}]
    assert told == ["a-1-0.conda: [python=3.12] makes the same file as [python=3.11]"]
    with pytest.raises(UsageError, match=r"x/meta\.yaml and y/meta\.yaml both make a-1-0\.conda"):
        without_repeats([cell("a", path="x/meta.yaml"), cell("a", path="y/meta.yaml")])


def test_a_converted_recipe_says_all_variants_and_keeps_variables() -> None:
    text = (
        "{% set name = 'Alpha' %}\n{% set version = '2.0' %}\npackage:\n  name: {{ name|lower }}\n"
        "  version: {{ version }}\nsource:\n  url: file:///{{ name[0] }}/{{ version }}.tar.gz\n"
        "requirements:\n  host:\n    - python\n    - {{ mpi }}\n    - only-on-mac  # [osx]\n"
        "build:\n  skip: true  # [py<312]\n  number: 1  # [mpi == 'mpich']\n"
        "  number: 2  # [mpi != 'mpich']\n"
    )
    source = RecipeSource("a/meta.yaml", text)
    chosen = overrides(["python=3.11,3.12", "mpi=mpich,openmpi"])
    data = yaml.safe_load(convert(source, LINUX, chosen, ["linux-64", "osx-64"]).text)
    assert data["context"] == {"version": "2.0"}
    assert data["package"] == {"name": "alpha", "version": "${{ version }}"}
    assert data["source"] == [{"url": "file:///A/${{ version }}.tar.gz"}]
    assert data["build"]["number"] == '${{ 1 if mpi == "mpich" else 2 }}'
    assert {"if": 'target_platform == "osx-64"', "then": "only-on-mac"} in data["requirements"][
        "host"
    ]
    assert {"if": 'mpi == "mpich"', "then": "mpich"} in data["requirements"]["host"]
    assert any('match(python, "3.11.*")' in one for one in data["build"]["skip"])


def test_what_is_not_understood_stands_at_the_head_of_the_converted_recipe() -> None:
    source = RecipeSource("a/meta.yaml", HEAD + "build:\n  frobnicate: 1\n")
    found = convert(source, LINUX, overrides([]), ["linux-64"])
    assert "# TODO, line 5: build/frobnicate is not understood" in found.text
