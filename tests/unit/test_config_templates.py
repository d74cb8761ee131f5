"""The templates that devenv brings are right, and a wrong one is refused with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.resources import resource_file, resource_folder
from devenv.config.templates import list_templates, load_template, template_folders
from devenv.core.errors import StateError, UsageError
from devenv.core.spec import holds, resolve_variants

OURS = resource_folder("envs")
CONDA = ("conda", "derecho", "hnn-core", "hnn-core-all")
"""In envs/conda."""
NAMES = (
    *(
        "bluecellulab",
        "conda",
        "derecho",
        "hippocampus",
        "hnn",
        "hnn-core",
        "hnn-core-all",
        "mousify",
    ),
    *("neocortex", "netpyne", "neuron", "site", "thalamus"),
)
WITHOUT_NEURODAMUS = ("bluecellulab", "hnn", "netpyne", "neuron", "site", *CONDA)
GOOD = "summary: s\nneuron: neuron\npackages: [neurodamus]\n"


def wrong(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + text)
    with pytest.raises(UsageError) as caught:
        load_template(str(path), ())
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_these_are_what_devenv_brings() -> None:
    assert tuple(list_templates([OURS])) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_valid_pinned_and_points_editors_at_the_schema(name: str) -> None:
    template = load_template(name, [OURS])
    assert template.name == name
    for requirement in filter(None, (template.neuron, *template.packages)):
        assert [s.operator for s in Requirement(requirement).specifier] == ["=="]
    path = list_templates([OURS])[name]
    first = path.read_text().splitlines()[0]
    above = "../" * len(path.relative_to(OURS).parts)
    assert first.startswith(f"# yaml-language-server: $schema={above}devenv/resources/schemas/")
    assert resource_folder("schemas") == OURS.parent / "devenv/resources/schemas"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_NEURODAMUS])
def test_the_simulators_own_mechanisms_come_first_and_devenvs_are_always_in(name: str) -> None:
    model = load_template(name, [OURS]).model
    assert model is not None
    assert (model.mods[0].package, model.mods[0].path) == ("neurodamus", "")
    last = model.mods[-1]
    assert (last.package, last.path, last.when) == ("devenv", "ring/mod", "")
    assert list((resource_folder("examples") / last.path).glob("*.mod"))
    assert model.repository is not None
    assert len(model.repository.ref) == 40


def folders(variants: str) -> list[str]:
    template = load_template("neocortex", [OURS])
    asked = {name[1:]: name[0] == "+" for name in variants.split()}
    values = resolve_variants(asked, template.variants, "neocortex")
    assert template.model is not None
    models = [f for f in template.model.mods if f.package == "neurodamus-models"]
    return [folder.path for folder in models if holds(folder.when, values)]


def test_the_variants_of_neocortex_choose_folders_in_upstreams_order() -> None:
    v6, v5 = "neocortex/mod/v6", "neocortex/mod/v5"
    assert folders("") == [v6, v5]
    assert folders("~v5") == [v6]
    assert folders("+plasticity +ngv +metabolism") == [
        "neocortex/mod/metabolism",
        "common/mod/ngv",
        "neocortex/mod/v6/optimized",
        v6,
        v5,
    ]


@pytest.mark.parametrize("name", CONDA)
def test_those_of_conda_name_conda_packages_only(name: str) -> None:
    template = load_template(name, [OURS])
    assert template.conda
    assert not (template.neuron or template.packages or template.model)


def test_hnn_knows_nothing_of_neurodamus() -> None:
    assert "neurodamus" not in (OURS / "hnn.yaml").read_text()
    assert load_template("hnn", [OURS]).neuron == "NEURON==8.2.7"


def test_the_users_own_template_wins(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    (own / "neocortex.yaml").write_text(GOOD)
    (own / "mine.yaml").write_text(GOOD)
    (own / "notes.txt").write_text("")
    searched = template_folders(tmp_path)
    assert searched == (own, OURS)
    assert list(list_templates(searched)) == sorted([*NAMES, "mine"])
    assert load_template("neocortex", searched).summary == "s"
    assert load_template("mine", searched).name == "mine"


def test_no_folder_of_the_users_own_is_needed(tmp_path: Path) -> None:
    assert tuple(list_templates(template_folders(tmp_path))) == NAMES


def test_an_unknown_template_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="unknown template 'neocortx'\n  Did you mean 'neocortex'"):
        load_template("neocortx", [OURS])


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the template .*no\.yaml: No such file"):
        load_template(str(tmp_path / "no.yaml"), [OURS])
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"bad\.yaml: not valid UTF-8"):
        load_template(str(tmp_path / "bad.yaml"), [OURS])


def test_names_that_point_nowhere_are_refused(tmp_path: Path) -> None:
    assert "at model.mods[0].package" in wrong(tmp_path, "model: {mods: [{package: neurodamsu}]}\n")
    assert "Did you mean 'neurodamus'?" in wrong(tmp_path, "model: {mods: [{package: neurodamsu}]}")
    mods = "model: {mods: [{package: neurodamus, when: +v6}]}\nvariants: {v5: {}}\n"
    assert "unknown variant 'v6'" in wrong(tmp_path, mods)
    assert "at model.mods[0].when" in wrong(tmp_path, mods.replace("+v6", "v5!"))
    pin = "model: {mods: [], repository: {package: x, ref: y}}\n"
    assert "at model.repository.package" in wrong(tmp_path, pin)
    assert "at tests.t.package" in wrong(tmp_path, "tests: {t: {package: x}}\n")


def test_flags_and_prefixes_are_for_mods(tmp_path: Path) -> None:
    folder = "{package: neurodamus, flags: [-DX], prefix: v5_}"
    hoc = f"model: {{mods: [{folder}], hoc: [{folder}]}}\n"
    assert "at model.hoc[0]: HOC files take neither flags" in wrong(tmp_path, hoc)
    digit = hoc.partition(", hoc")[0].replace("v5_", "5v") + "}\n"
    assert "at model.mods[0].prefix: invalid prefix '5v'" in wrong(tmp_path, digit)
    built = "model: {mods: [{package: neurodamus, when: %s}]}\nvariants: {build_type: {default: Fast}}\n"
    said = wrong(tmp_path, built % "build_type=Debug")
    assert "variants.build_type.default: 'Fast' is not one of its values" in said
    fine = tmp_path / "fine.yaml"
    fine.write_text(GOOD + built.replace("Fast", "Debug") % "build_type=Debug")
    assert load_template(str(fine), ()).offered_variants["build_type"].default == "Debug"


def test_what_pip_would_not_take_is_refused(tmp_path: Path) -> None:
    tests = "tests: {t: {package: neurodamus, deps: ['a b']}}\n"
    assert "at tests.t.deps[0]: invalid requirement 'a b'" in wrong(tmp_path, tests)
    assert "at python: invalid Python version 'three'" in wrong(tmp_path, "python: three\n")
    assert "at python: invalid Python version '3.x.y'" in wrong(tmp_path, "python: 3.x.y\n")
    (tmp_path / "fine.yaml").write_text(GOOD + "python: '>=3.10,<3.14'\n")
    assert load_template(str(tmp_path / "fine.yaml"), ()).python == ">=3.10,<3.14"


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("neurodamus", "neurodamus"),
        ("Neurodamus_Py", "neurodamus"),
        ("py.neurodamus", "neurodamus"),
        ("neurodamus-neocortex", "neurodamus-models"),
        ("hnn_core", "hnn-core"),
    ],
)
def test_a_package_is_found_by_any_of_its_names(name: str, index: str) -> None:
    assert find_package(name, load_catalogue()).name == index


def test_an_unknown_package_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="unknown package 'neuro-damus'\n  Did you mean"):
        find_package("neuro-damus", load_catalogue())


def test_no_two_packages_go_by_the_same_name() -> None:
    names = [name for package in load_catalogue().values() for name in package.names]
    assert len(names) == len(set(names))


def test_a_resource_that_is_not_there_says_that_devenv_is_damaged() -> None:
    with pytest.raises(StateError, match=r"'nothing' is missing from .*devenv"):
        resource_folder("nothing")
    with pytest.raises(StateError, match=r"'nothing\.yaml' is missing from"):
        resource_file("nothing.yaml")


def test_a_fifo_among_the_templates_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(UsageError, match=r"pipe\.yaml is a FIFO, not a file"):
        load_template("pipe", [tmp_path])
