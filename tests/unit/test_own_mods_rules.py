"""What can be asked of mods of one's own, engine by engine; and what a job is handed of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.config.context import make_context
from devenv.core.environment import Environment
from devenv.core.errors import UsageError
from devenv.core.template import Model, Template
from devenv.environment.build_request import BuildRequest
from devenv.environment.own_mods import with_own_mods
from devenv.models import ModFolder, check_clashes, chosen_mods

NOTHING = Template("plain", "s", "neuron==9.0.2", ())
MODEL = Template("own", "s", "neuron==9.0.2", (), model=Model((), exclude={"a.mod": "why"}))
LEAK = b"NEURON { SUFFIX leak }\n"


def asked(path: Path, engine: str, template: Template, **request: tuple[str, ...]) -> Environment:
    path.mkdir(exist_ok=True)
    (path / "leak.mod").write_bytes(LEAK)
    context = make_context({"HOME": str(path), "DEVENV_HOME": str(path / "home")}, path)
    environment = Environment("e", template.name, engine)
    return with_own_mods(context, environment, template, BuildRequest(**request))  # type: ignore[arg-type]


def test_spack_makes_no_model_of_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, "venv", NOTHING, mods=(".",)).mods == (str(tmp_path),)
    assert asked(tmp_path, "spack", MODEL, mods=(".",)).mods == (str(tmp_path),)
    with pytest.raises(UsageError, match="template plain has no model"):
        asked(tmp_path, "spack", NOTHING, mods=(".",))


def test_spack_s_recipe_decides_what_is_left_out(tmp_path: Path) -> None:
    assert asked(tmp_path, "venv", MODEL, include=("a",)).include == ("a.mod",)
    with pytest.raises(UsageError, match="does not compile the model"):
        asked(tmp_path, "spack", MODEL, include=("a",))


def folder(path: str, *, asked: bool = False, **files: bytes) -> ModFolder:
    return ModFolder(path, path, {f"{n}.mod": text for n, text in files.items()}, asked=asked)


def test_an_own_file_behind_another_own_one_is_named() -> None:
    own = [folder("/a", asked=True, leak=LEAK), folder("/b", asked=True, leak=LEAK)]
    mods, left = chosen_mods([*own, folder("/template", leak=LEAK)], {}, {})
    assert [mod.path for mod in mods] == ["/a/leak.mod"]
    assert [str(one) for one in left] == ["leak.mod (/b/leak.mod): /a/leak.mod comes first"]


@pytest.mark.parametrize(
    ("first", "second", "fix"),
    [
        (
            True,
            True,
            "Remove or rename one of your files; or stop using one: devenv build --no-mods /b",
        ),
        (True, False, "Rename yours to two.mod: then it takes the other one's place."),
        (False, False, "Exclude one of the files in the template's model"),
    ],
)
def test_a_clash_is_answered_with_what_can_be_done(first: bool, second: bool, fix: str) -> None:
    found = [folder("/a", asked=first, one=LEAK), folder("/b", asked=second, two=LEAK)]
    mods, _ = chosen_mods(found, {}, {})
    with pytest.raises(UsageError, match=r"/a/one\.mod.*/b/two\.mod") as caught:
        check_clashes(mods)
    assert caught.value.fix.startswith(fix)
