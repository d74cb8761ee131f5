"""What `devenv init` finds in a folder, and the file that it writes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from devenv.config.project_new import new_project_text
from devenv.config.templates import load_project
from devenv.core.errors import UsageError
from devenv.core.findings import Findings
from devenv.core.verbatim import c_only
from devenv.sources.scan import LEGACY, NEURON, scan

ROOT = Path(__file__).parents[2]
MOD = "NEURON {{\n    {kind} {name}\n}}\n"


def found(folder: Path, files: Mapping[str, str]) -> Findings:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return scan(folder)


def mod(name: str, kind: str = "SUFFIX") -> str:
    return MOD.format(name=name, kind=kind)


def test_mods_at_any_depth_but_no_builds_no_venvs_and_nothing_hidden(tmp_path: Path) -> None:
    seen = found(
        tmp_path,
        {
            "a/b/c/one.mod": mod("one"),
            "two.mod": mod("two", "POINT_PROCESS"),
            "x86_64/three.mod": mod("three"),
            "arm64/four.mod": mod("four"),
            ".git/five.mod": mod("five"),
            "env/pyvenv.cfg": "",
            "env/six.mod": mod("six"),
            "kernel/driver.mod": "no mechanism",
        },
    )
    assert [one.what for one in seen.mods] == [".", "a/b/c"]
    assert [(one.what, one.why[:14]) for one in seen.left_out] == [
        ("kernel/driver.mod", "not a MOD file")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "NEURON { SUFFIX one RANGE g }\n",
        "NEURON {\n  SUFFIX\n  one\n}\n",
        "NEURON { SUFFIX nothing }\n",
        "TITLE x\nNEURON{POINT_PROCESS one}\n",
    ],
)
def test_a_mod_file_counts_however_it_is_written(tmp_path: Path, text: str) -> None:
    seen = found(tmp_path, {"mods/x.mod": text})
    assert [(one.what, one.why) for one in seen.mods] == [("mods", "1 MOD file")]


def test_what_a_comment_says_is_no_mechanism(tmp_path: Path) -> None:
    text = "COMMENT\nSUFFIX other\nENDCOMMENT\n: SUFFIX third\n" + mod("one")
    seen = found(tmp_path, {"a/x.mod": text, "b/y.mod": mod("other"), "c/z.mod": mod("third")})
    assert [one.what for one in seen.mods] == ["a", "b", "c"]


def test_functions_alone_are_in_no_ones_way(tmp_path: Path) -> None:
    seen = found(tmp_path, {"a/x.mod": mod("nothing"), "b/y.mod": mod("nothing")})
    assert [one.what for one in seen.mods] == ["a", "b"]


def test_a_folder_with_the_same_mechanisms_is_left_out_with_the_reason(tmp_path: Path) -> None:
    seen = found(tmp_path, {"a/x.mod": mod("na"), "fig/b/y.mod": mod("na"), "c/z.mod": mod("k")})
    assert [one.what for one in seen.mods] == ["a", "c"]
    assert [(one.what, one.why[:14]) for one in seen.left_out] == [("fig/b", "na is in a too")]


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.mod").write_text(mod("x"))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere")
    assert scan(tmp_path / "here").mods == ()


def test_requirements_are_taken_and_neuron_is_a_key_of_its_own(tmp_path: Path) -> None:
    lines = "numpy<3  # arrays\n-r other.txt\nneuron>=8.2\nx @ https://example.invalid/x.whl\n\n"
    script = "import numpy\nimport scipy, own\nimport unheardof\nfrom neuron import h\n"
    seen = found(tmp_path, {"requirements.txt": lines, "run.py": script, "own.py": ""})
    assert [one.what for one in seen.packages] == ["numpy<3", "scipy"]
    assert seen.neuron.what == "neuron>=8.2"
    assert [one.what for one in seen.left_out] == [
        "-r other.txt",
        "x @ https://example.invalid/x.whl",
    ]
    assert [one.what for one in seen.unknown] == ["unheardof"]
    assert seen.script == ("python", "run.py")


def test_a_package_is_developed_and_mpi_is_seen(tmp_path: Path) -> None:
    script = "from neuron import h\npc = h.ParallelContext()\n"
    seen = found(tmp_path, {"pyproject.toml": '[project]\nname = "My_Cells"\n', "net.py": script})
    assert seen.develop is not None
    assert seen.develop.what == "my-cells"
    assert seen.mpi == "net.py"
    assert "devenv run -n 4" in new_project_text(seen)


def test_hoc_folders_that_scripts_load_from(tmp_path: Path) -> None:
    files = {
        "init.hoc": 'load_file("cell.hoc")\nload_file("top.hoc")',
        "top.hoc": "",
        "lib/cell.hoc": "",
    }
    seen = found(tmp_path, files)
    assert [one.what for one in seen.hoc] == ["lib"]
    assert seen.script == ("nrniv", "init.hoc")


C_ONLY = {
    "double* x = malloc(8);": "no cast",
    "s->a = calloc(2, 8);": "no cast",
    "static double f(a, b) double a; int b; { return a; }": "old style",
    "int new = 1;": "the name new",
    "void* nrn_random_arg(int argpos);": "nrn_random_arg",
}
ALSO_CPP = (
    "double* x = (double*)malloc(8);",
    "/* x = malloc(8); */ // y = malloc(8)",
    'printf("x = malloc(8)");',
    "#ifndef NRN_VERSION_GTEQ_8_2_0\nvoid* nrn_random_arg(int);\n#endif",
    "#ifndef NRN_VERSION_GTEQ_8_2_0\n#ifndef X\n#endif\nvoid* nrn_random_arg(int);\n#endif",
    "extern double* vector_vec();\nvoid* v; double* x = vector_vec(v);",
    "double renew = 1;",
)


@pytest.mark.parametrize(("code", "why"), C_ONLY.items())
def test_c_that_is_no_cpp_asks_for_neuron_8(tmp_path: Path, code: str, why: str) -> None:
    text = f"{mod('one')}PROCEDURE p() {{\nVERBATIM\n{code}\nENDVERBATIM\n}}\n"
    assert why in c_only(text)
    seen = found(tmp_path, {"mod/one.mod": text})
    assert seen.neuron.what == LEGACY
    assert "one.mod is C" in new_project_text(seen)


@pytest.mark.parametrize("code", ALSO_CPP)
def test_what_is_cpp_as_well_stays_with_the_newest(tmp_path: Path, code: str) -> None:
    text = f"{mod('one')}VERBATIM\n{code}\nENDVERBATIM\n"
    assert found(tmp_path, {"one.mod": text}).neuron.what == NEURON


def test_what_is_written_is_a_project_whatever_the_names(tmp_path: Path) -> None:
    odd = "a: [b] #c 'd\" $(touch x)"
    folder = tmp_path / "project"
    seen = found(
        folder, {f"{odd}/x.mod": mod("x"), "no/y.mod": mod("y"), "requirements.txt": "numpy\n"}
    )
    (folder / "devenv.yaml").write_text(new_project_text(seen), encoding="utf-8")
    read = load_project(folder / "devenv.yaml", (ROOT / "envs",))
    assert read.template.model is not None
    places = {one.path for one in read.template.model.mods}
    assert places == {str(folder / odd), str(folder / "no")}
    assert read.template.packages == ("numpy",)


def test_a_folder_with_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devenv.sources.scan._MOST", 3)
    with pytest.raises(UsageError, match="more than 3 files"):
        found(tmp_path, {f"{n}.txt": "" for n in range(5)})
