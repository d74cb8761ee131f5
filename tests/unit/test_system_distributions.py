"""What packages require, read from their own metadata."""

from __future__ import annotations

from pathlib import Path

from devenv.system.distributions import requirements


def put(site: Path, name: str, version: str, *requires: str) -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = [f"Requires-Dist: {line}" for line in requires]
    text = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines])
    (folder / "METADATA").write_text(f"{text}\n")


def test_what_is_required_for_this_python_and_without_extras(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    put(
        *(first, "Neuron_X", "9.0"),
        *("numpy>=2", "Find_Libpython[x]", "tomli; python_version < '3.11'"),
        *("typing; python_full_version >= '3.11.7'", "plots; extra == 'gui'", "not a requirement!"),
    )
    put(first, "numpy", "2.1")
    put(second, "numpy", "1.0", "shadowed")
    found = requirements([first, second], "3.11.7")
    assert found == {"neuron-x": ("numpy", "find-libpython", "typing"), "numpy": ()}
    assert requirements([first], "3.10.2")["neuron-x"][-1] == "tomli"
    assert requirements([tmp_path / "none"], "3.11.7") == {}
