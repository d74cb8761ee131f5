"""What a person writes wrongly is named: the file, the key, the way out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import pytest

from devenv.config.decode import decode, schema
from devenv.config.resources import resource_folder
from devenv.config.schemas import SCHEMAS, schema_text
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import UsageError
from devenv.core.template import Folder, Model, Profile, Template

GOOD = {"summary": "s", "neuron": "neuron", "packages": ["neurodamus"]}


def template(**more: object) -> Template:
    return decode(Template, {**GOOD, **more}, "x.yaml", name="x")


def refused(**more: object) -> str:
    with pytest.raises(UsageError) as caught:
        template(**more)
    return str(caught.value)


def test_nested_data_becomes_the_dataclasses() -> None:
    found = template(
        model={"mods": [{"package": "neurodamus"}, {"package": "m", "path": "a", "when": "+v5"}]},
        tests={"bb5": {"package": "neurodamus", "tests": ["tests/unit"], "workers": 2}},
        variants={"v5": {"default": True}, "model": {"default": "a", "values": ["a", "b"]}},
    )
    assert found.name == "x"
    assert found.model == Model((Folder("neurodamus"), Folder("m", "a", "+v5")))
    assert found.tests == {"bb5": Profile("neurodamus", tests=("tests/unit",), workers=2)}
    assert found.variants["v5"].default is True
    assert found.variants["model"].values == ("a", "b")


def test_an_absent_optional_part_may_be_said_to_be_nothing() -> None:
    assert template(model=None).model is None


@pytest.mark.parametrize(
    ("more", "place", "wrong", "meant"),
    [
        ({"packges": []}, "x.yaml", "packges", "packages"),
        ({"model": {"mods": [], "hocs": []}}, "at model", "hocs", "hoc"),
        (
            {"model": {"mods": [{"package": "a"}, {"package": "b", "pth": "c"}]}},
            "at model.mods[1]",
            "pth",
            "path",
        ),
        (
            {"model": {"mods": [], "repository": {"package": "a", "ref": "b", "uri": ""}}},
            "at model.repository",
            "uri",
            "url",
        ),
        ({"tests": {"bb5": {"package": "a", "worker": 2}}}, "at tests.bb5", "worker", "workers"),
        ({"variants": {"v5": {"defualt": True}}}, "at variants.v5", "defualt", "default"),
        (
            {"tests": {"b": {"package": "a", "exclude": [{"tests": [], "reason": "", "why": ""}]}}},
            "at tests.b.exclude[0]",
            "why",
            "",
        ),
    ],
)
def test_an_unknown_key_is_refused_at_any_depth(
    more: dict[str, object], place: str, wrong: str, meant: str
) -> None:
    message = refused(**more)
    assert message.startswith("x.yaml")
    assert f"{place}: unknown key {wrong!r}" in message
    assert (f"Did you mean {meant!r}?" in message) == bool(meant)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"neuron": ["a"]}, "x.yaml, at neuron: expected text, got a list"),
        ({"packages": "a"}, "x.yaml, at packages: expected a list, got text ('a')"),
        ({"packages": None}, "x.yaml, at packages: expected a list, got nothing"),
        ({"packages": ["a", 2]}, "x.yaml, at packages[1]: expected text, got a whole"),
        ({"model": []}, "x.yaml, at model: expected keys with values, got a list"),
        (
            {"tests": {"bb5": {"package": "a", "workers": "2"}}},
            "x.yaml, at tests.bb5.workers: expected a whole number, got text ('2')",
        ),
        (
            {"variants": {"v5": {"default": 5}}},
            "x.yaml, at variants.v5.default: expected true or false or text, got a whole",
        ),
        ({"data": {1: "a"}}, "x.yaml, at data: YAML reads a key as 1, which is not text"),
        ({True: 1}, "x.yaml: YAML reads a key as True, which is not text"),
    ],
)
def test_a_wrong_type_is_one_clear_sentence(more: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        decode(Template, {**GOOD, **more}, "x.yaml", name="x")
    assert str(caught.value).startswith(sentence)


def test_a_version_that_yaml_reads_as_a_number_is_explained() -> None:
    message = refused(python=3.1)
    assert "at python: expected text, got a number (3.1)" in message
    assert "quotes" in message


@pytest.mark.parametrize("name", ["summary", "neuron", "packages"])
def test_a_missing_key_is_named(name: str) -> None:
    data = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(UsageError, match=f"x.yaml: the key '{name}' is missing"):
        decode(Template, data, "x.yaml", name="x")


def test_a_missing_key_is_named_in_a_nested_part() -> None:
    model = {"mods": [], "repository": {"ref": "v1"}}
    assert "at model.repository: the key 'package' is missing" in refused(model=model)


def test_an_empty_file_lacks_its_keys() -> None:
    with pytest.raises(UsageError, match="the key 'summary' is missing"):
        decode(Template, None, "x.yaml", name="x")


def test_a_list_for_a_whole_file_is_refused() -> None:
    with pytest.raises(UsageError, match=r"x.yaml: expected keys with values, got a list"):
        decode(Template, [], "x.yaml", name="x")


def test_a_file_cannot_set_what_is_given() -> None:
    with pytest.raises(UsageError, match="'name' cannot be set here"):
        decode(Environment, {"template": "t", "name": "other"}, "e.yaml", name="mine")


def test_dev_sources_are_walked() -> None:
    data = {"template": "t", "develop": [{"package": "p", "path": "/p"}]}
    assert decode(Environment, data, "e", name="n").develop == (DevSource("p", "/p"),)
    data["develop"][0]["pakage"] = "q"  # type: ignore[index]
    with pytest.raises(UsageError, match=r"e, at develop\[0\]: unknown key 'pakage'"):
        decode(Environment, data, "e", name="n")


@dataclass(frozen=True)
class _Inner:
    """One."""

    a: int


@dataclass(frozen=True)
class _Outer:
    """Two
    lines.
    """

    name: str
    inner: tuple[_Inner, ...] = ()
    free: dict[str, str] = field(default_factory=dict)


def test_the_schema_refuses_unknown_keys_and_asks_for_what_must_be_there() -> None:
    found = schema(_Outer, "outer", given=("name",))
    outer, inner = found["$defs"]["_Outer"], found["$defs"]["_Inner"]
    assert found["$ref"] == "#/$defs/_Outer"
    assert (outer["additionalProperties"], inner["additionalProperties"]) == (False, False)
    assert (outer["required"], inner["required"]) == ([], ["a"])
    assert set(outer["properties"]) == {"inner", "free"}
    assert outer["properties"]["free"]["additionalProperties"] == {"type": "string"}
    assert outer["description"] == "Two\nlines."


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_of_the_project_are_up_to_date(name: str) -> None:
    path = resource_folder("schemas") / f"{name}.schema.json"
    assert json.loads(path.read_text()) == json.loads(schema_text(name)), (
        f"python -m devenv.config.schemas {name} > {path}"
    )


def test_the_schema_of_a_project_has_the_keys_of_a_template_and_its_own() -> None:
    found = json.loads(schema_text("project"))
    keys = found["$defs"][found["$ref"].rpartition("/")[2]]
    assert {"template", "variant", "develop", "spack", "neuron", "model"} <= set(keys["properties"])
    assert (keys["required"], keys["additionalProperties"]) == ([], False)
    named = set(re.findall(r'"#/\$defs/(\w+)"', schema_text("project")))
    assert named <= set(found["$defs"])


def test_a_given_field_is_a_key_like_any_other_further_down() -> None:
    data = {"template": "t", "develop": [{"package": "p", "path": "/p", "name": "q"}]}
    with pytest.raises(UsageError, match=r"e, at develop\[0\]: unknown key 'name'"):
        decode(Environment, data, "e", name="n")


def test_quotes_are_advised_only_where_text_is_expected() -> None:
    assert "quotes" in refused(python=3.1)
    assert "quotes" not in refused(packages=3.1)
