"""Locks of both engines as the same components, and the picture made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from devenv.core.components import Component
from devenv.core.difference import differences
from devenv.core.environment import Environment, Lock, SourceState
from devenv.core.errors import StateError
from devenv.core.picture import picture
from devenv.engines.spack.components import spack_components
from devenv.environment.contents import (
    lock_components,
    model_component,
    neuron_of,
    stamp_components,
)

LOCK = Lock(
    Environment("e", "neocortex", variants="+v5"),
    "/usr/bin/python3.11",
    "3.11.7",
    ("neuron==9.0.1 \\", "    --hash=sha256:aa", "numpy==2.0 \\", "    --hash=sha256:bb"),
    ("Scipy_X==1.2 ; python_version > '3' \\", "    --hash=sha256:cc", "numpy==2.1"),
    repository="0123456789abcdef",
    sources=(SourceState("neurodamus", "/src/nd", "fedcba9876543210", False),),
)
STAMP: dict[str, Any] = {
    "key": "k",
    "compiler": "g++ 12",
    "flags": ["-O2"],
    "link": [],
    "mechanisms": [{"name": "Ih", "digest": "d", "flags": []}],
}


def spec(name: str, version: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "parameters": {"build_system": "generic"}, **more}


def need(name: str, key: str, *kinds: str) -> dict[str, Any]:
    return {"name": name, "hash": key, "parameters": {"deptypes": list(kinds), "virtuals": []}}


def spack_lock(neuron: dict[str, Any]) -> str:
    specs = {
        "h1": spec(
            "neurodamus-models",
            "develop",
            parameters={
                "coreneuron": True,
                "model": "neocortex",
                "dev_path": "/src/nm",
                "cflags": [],
            },
            dependencies=[
                need("neuron", "h2", "build", "link", "run"),
                need("cmake", "h3", "build"),
            ],
        ),
        "h2": neuron,
        "h3": spec("cmake", "3.31"),
        "h4": spec("python", "3.11.7", external={"path": "/usr", "module": None}),
    }
    return json.dumps(
        {"roots": [{"hash": "h1", "spec": "neurodamus-models"}], "concrete_specs": specs}
    )


NEURON_1 = spec(
    "neuron", "9.0.1", parameters={"coreneuron": False}, dependencies=[need("python", "h4", "run")]
)
NEURON_2 = spec("neuron", "9.0.2", parameters={"coreneuron": True, "langs": ["c", "c++"]})


def test_a_lock_names_all_but_the_model() -> None:
    found = {one.id: one for one in lock_components(LOCK)}
    assert found["package:numpy"].version == "2.1"  # the environment's, not that beside NEURON
    assert found["package:scipy-x"].version == "1.2"
    assert found["package:neuron"].version == "9.0.1"
    assert found["python:"].place == "/usr/bin/python3.11"
    source = found["source:neurodamus"]
    assert (source.version, source.place, source.changed) == ("fedcba9876", "/src/nd", True)
    assert found["repository:"].version == "0123456789"


def test_other_files_under_the_same_version_are_seen() -> None:
    other = replace(LOCK, neuron=(*LOCK.neuron[:1], "    --hash=sha256:ab"))
    said = [one.text for one in differences(lock_components(LOCK), lock_components(other))]
    assert said == ["neuron is another build"]


def test_a_model_and_its_mods() -> None:
    model = model_component("tiny", "+v5", "k", STAMP)
    assert (model.hash, model.needs[0]) == ("k", "mod:Ih")
    assert model_component("tiny", "", "", None).hash == ""
    assert neuron_of(LOCK) == "neuron"
    nightly = replace(LOCK, neuron=("find-libpython==1", "NEURON_nightly==9.1.dev2"))
    assert neuron_of(nightly) == "neuron-nightly"
    assert "package:x" in model_component("tiny", "", "k", STAMP, "x").needs
    changed = {**STAMP, "mechanisms": [{"name": "Ih", "digest": "other", "flags": []}]}
    before, after = stamp_components(STAMP), stamp_components(changed)
    assert [one.text for one in differences(before, after)] == ["Ih.mod changed"]


def test_spack_lock_feeds_the_same_comparison() -> None:
    before = spack_components(spack_lock(NEURON_1), "spack.lock")
    after = spack_components(spack_lock(NEURON_2), "spack.lock")
    assert [one.name for one in before] == ["neurodamus-models", "neuron", "python"]
    models = before[0]
    assert models.variants == (("coreneuron", True), ("model", "neocortex"))
    assert (models.hash, models.place, models.needs) == ("h1", "/src/nm", ("package:neuron",))
    assert (before[2].place, before[2].note) == ("/usr", "(the machine's own)")
    said = [one.text for one in differences(before, after)]
    assert said == [
        "neuron 9.0.1 → 9.0.2, +coreneuron, langs=c,c++",
        "python 3.11.7 /usr (the machine's own) is gone",
    ]


def test_spack_lock_of_old_names_the_kind_of_a_dependency_its_type() -> None:
    old = spec(
        "neuron", "9", dependencies=[{"name": "python", "hash": "h4", "type": ["build", "run"]}]
    )
    assert [one.name for one in spack_components(spack_lock(old), "f")][-1] == "python"


@pytest.mark.parametrize("text", ["", "[]", "{}", spack_lock(NEURON_1).replace('"h4"', '"h9"', 1)])
def test_a_damaged_spack_lock_is_named(text: str) -> None:
    with pytest.raises(StateError, match=r"^e/spack.lock is damaged"):
        spack_components(text, "e/spack.lock")


def test_a_picture_has_a_box_each_and_a_line_for_each_need() -> None:
    odd = Component("package", "a<b>&\"c'", "1", needs=("package:two", "package:two-b"))
    two = Component("package", "two", needs=("package:two-b",))
    last = Component("package", "two-b", note="x" * 90)
    root = ElementTree.fromstring(picture("t <&>", (odd, two, last)))  # noqa: S314 - our own text
    name = "{http://www.w3.org/2000/svg}"
    boxes = {g.get("id"): g for g in root.iter(f"{name}g")}
    assert set(boxes) == {odd.id, two.id, last.id}
    assert len(list(root.iter(f"{name}path"))) == 3
    across = [float(boxes[one.id].find(f"{name}rect").get("x", "")) for one in (odd, two, last)]  # type: ignore[union-attr]
    assert across == sorted(set(across))
    width = float(root.get("width", ""))
    for box in boxes.values():
        rect = box.find(f"{name}rect")
        assert rect is not None
        assert float(rect.get("x", "")) + float(rect.get("width", "")) <= width
