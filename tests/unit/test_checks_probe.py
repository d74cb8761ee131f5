"""The probe, run in this process: what it sees is what is there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.checks import PythonAnswer, answer_of, inspection, probe
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import Generation, Overlay


def package(root: Path, name: str, text: str = "") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text)
    return folder


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setenv("HOC_LIBRARY_PATH", "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("probed"):
            del sys.modules[name]


def asked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    overlays: tuple[Overlay, ...] = (), hoc: tuple[Path, ...] = (), pythonpath: str = "",
) -> tuple[PythonAnswer, list[str]]:  # fmt: skip
    """The answer, and every line that was printed."""
    generation = Generation(
        "ring", 1, "venv", "/py", "", "", EnvironmentDelta(), overlays, hoc=tuple(map(str, hoc))
    )
    argv = inspection(generation, {"PYTHONPATH": pythonpath})
    assert argv[:2] == ("/py", "-c")
    compile(argv[2], "probe", "exec")
    monkeypatch.setattr(sys, "argv", ["-c", argv[3]])
    probe.main()
    lines = capfd.readouterr().out.splitlines()
    answer = answer_of("\n".join(lines))
    assert answer is not None
    return answer, lines


def overlay(root: Path, name: str) -> Overlay:
    return Overlay(name, "/o", "/s", str(root), (name,))


def test_where_a_module_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = package(
        tmp_path / "src", "probed_a", "import os; os.environ['SEEN'] = 'yes'; print('noise')"
    )
    other = package(tmp_path / "module", "probed_a")
    link = tmp_path / "overlay"
    link.mkdir()
    (link / "probed_a").symlink_to(ours)
    monkeypatch.setenv("SEEN", "no")
    monkeypatch.setenv("NEURON_INIT_MPI", "1")
    monkeypatch.syspath_prepend(str(link))
    shell = f"{other.parent}:{link}"
    answer, lines = asked(monkeypatch, capfd, (overlay(ours.parent, "probed_a"),), pythonpath=shell)
    (module,) = answer.modules
    assert module.expected == module.found == module.imported == str(ours)
    assert module.shell == (str(other), str(ours))
    assert os.environ["SEEN"] == "yes", "it was really imported"
    assert "NEURON_INIT_MPI" not in os.environ
    assert len(lines) == 2, "what a module prints is no part of the answer"
    assert "imported" not in json.loads(lines[0])["modules"][0]


def test_another_copy_in_front_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ours, other = package(tmp_path / "src", "probed_b"), package(tmp_path / "front", "probed_b")
    monkeypatch.syspath_prepend(str(ours.parent))
    monkeypatch.syspath_prepend(str(other.parent))
    answer, _ = asked(monkeypatch, capfd, (overlay(ours.parent, "probed_b"),))
    (module,) = answer.modules
    assert (module.expected, module.found, module.imported) == (str(ours), str(other), str(other))


@pytest.mark.parametrize("text", ["raise SystemExit(3)", "import nothing_of_that_name", "1/0"])
def test_a_module_that_fails_leaves_an_answer(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = package(tmp_path / "src", "probed_c", text)
    monkeypatch.syspath_prepend(str(ours.parent))
    answer, _ = asked(monkeypatch, capfd, (overlay(ours.parent, "probed_c"),))
    (module,) = answer.modules
    assert (module.found, module.imported) == (str(ours), "")
    assert module.error


def test_hoc_files_are_looked_up_as_neuron_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    dev, model, blank = tmp_path / "dev", tmp_path / "model", tmp_path / "a b"
    for folder, names in ((dev, "ab"), (model, "bc"), (blank, "d")):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.hoc").touch()
    (tmp_path / "a.hoc").touch()
    monkeypatch.setenv("HOC_LIBRARY_PATH", f"{dev}:{model}:{blank}")
    answer, _ = asked(monkeypatch, capfd, hoc=(dev, model, blank))
    assert {name: hit for name, hit, _ in answer.hoc} == {
        "a.hoc": str(tmp_path / "a.hoc"), "b.hoc": str(dev / "b.hoc"),
        "c.hoc": str(model / "c.hoc"), "d.hoc": "",
    }  # fmt: skip
    assert {path for _, _, path in answer.hoc} == {
        str(dev / "a.hoc"), str(dev / "b.hoc"), str(model / "c.hoc"), str(blank / "d.hoc")
    }  # fmt: skip


def test_special_in_path_and_a_model_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for folder in ("bin", "x86_64"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "special").touch(mode=0o755)
    answer, _ = asked(monkeypatch, capfd)
    assert answer.special == str(tmp_path / "bin" / "special")
    assert answer.local == (str(tmp_path / "x86_64" / "special"),)


@pytest.mark.parametrize("text", ["", "noise", "{}", "[]", '{"modules": 1}', "null"])
def test_no_answer_is_none(text: str) -> None:
    assert answer_of(text) is None


def test_the_last_whole_line_counts() -> None:
    first = {
        "modules": [],
        "special": "/one",
        "hoc": [],
        "local": [],
        "loaded": [],
        "variables": [],
    }
    text = f'noise\n{json.dumps(first)}\n{{"modules": [{{'
    assert answer_of(text) == PythonAnswer(special="/one")
