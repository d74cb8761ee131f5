"""A folder that names itself, copied to where it is called otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devenv.core.errors import StateError
from devenv.system.relocation import content_key, copy_relocated, signature


def make(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / ".spack").mkdir()
    (folder / ".spack" / "log").write_text("not of the model")
    (folder / "bin" / "run").write_text(f"#!/bin/sh\nexec {folder}/bin/program\n")
    (folder / "bin" / "run").chmod(0o755)
    (folder / "bin" / "program").write_bytes(b"\x7fELF\0" + os.fsencode(folder) + b"/lib:/usr\0end")
    (folder / "link").symlink_to(f"{folder}/bin")
    return folder


def test_it_names_its_new_place_and_programs_keep_their_size(tmp_path: Path) -> None:
    source, place = make(tmp_path / "a-rather-long-name"), tmp_path / "short"
    copy_relocated(source, tmp_path / "staged", place, (".spack",))
    (tmp_path / "staged").rename(place)
    assert (place / "bin" / "run").read_text() == f"#!/bin/sh\nexec {place}/bin/program\n"
    assert os.access(place / "bin" / "run", os.X_OK)
    data = (place / "bin" / "program").read_bytes()
    assert len(data) == (source / "bin" / "program").stat().st_size
    path = data.split(b"\0")[1].split(b":")[0]
    assert os.path.normpath(os.fsdecode(path)) == str(place / "lib")
    assert (place / "link").readlink() == place / "bin"
    assert (place / "empty").is_dir()
    assert not (place / ".spack").exists()


def test_its_key_is_of_what_is_in_it_wherever_it_stands(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "number-two")
    key = content_key(one, (".spack",))
    assert content_key(two, (".spack",)) == key
    (two / "bin" / "run").write_text("another\n")
    assert content_key(two, (".spack",)) != key
    (one / ".spack" / "log").write_text("another")
    assert content_key(one, (".spack",)) == key


def test_a_file_that_was_written_again_shows(tmp_path: Path) -> None:
    folder = make(tmp_path / "folder")
    before = signature(folder, (".spack",))
    assert set(before) == {"bin/run", "bin/program", "link"}
    (folder / "bin" / "program").write_bytes(b"\x7fELF\0")
    assert signature(folder, (".spack",)) != before


def test_a_longer_place_is_refused_before_a_program_is_broken(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="longer"):
        copy_relocated(make(tmp_path / "a"), tmp_path / "staged", tmp_path / "longer")


def test_what_python_compiled_is_left_out(tmp_path: Path) -> None:
    """It holds the path of its module, and comes by itself, after the key was computed."""
    source = make(tmp_path / "a")
    (source / "bin" / "run").unlink()
    (source / "bin" / "program").unlink()
    key, signed = content_key(source), signature(source)
    (source / "lib" / "__pycache__").mkdir(parents=True)
    compiled = source / "lib" / "__pycache__" / "a.pyc"
    compiled.write_bytes(b"\0" + os.fsencode(source) + b"/lib/a.py\0")
    assert (content_key(source), signature(source)) == (key, signed)
    copy_relocated(source, tmp_path / "staged", tmp_path / "longer")
    assert (tmp_path / "staged" / "lib").is_dir()
    assert not (tmp_path / "staged" / "lib" / "__pycache__").exists()
