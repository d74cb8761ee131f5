"""A failing MOD file by the path that a person edits, not by the copy in Spack's stage."""

from __future__ import annotations

from pathlib import Path

from devenv.engines.spack.origins import by_origins

SAID = "models failed in its phase 'install':\n    {copy}:12: syntax error: Illegal block"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_of_several_files_of_a_name_it_is_the_one_with_the_same_content(tmp_path: Path) -> None:
    copy = put(tmp_path / "stage" / "model" / "mod" / "Ih.mod", "v6")
    put(tmp_path / "source" / "v5" / "Ih.mod", "v5")
    own = put(tmp_path / "source" / "v6" / "Ih.mod", "v6")
    put(tmp_path / "source" / "build-linux-x" / "Ih.mod", "v6")
    said = by_origins(SAID.format(copy=copy), [str(tmp_path / "source")])
    assert said == SAID.format(copy=own)


def test_a_name_without_a_path_is_found_where_it_is_the_only_one(tmp_path: Path) -> None:
    own = put(tmp_path / "source" / "mod" / "Ih.mod", "")
    said = by_origins("Illegal block at line 12 in file Ih.mod", [str(tmp_path / "source")])
    assert said == f"Illegal block at line 12 in file {own}"


def test_what_is_not_certain_stays_as_it_is(tmp_path: Path) -> None:
    for folder in ("v5", "v6"):
        put(tmp_path / "source" / folder / "Ih.mod", folder)
    for said in (SAID.format(copy="/gone/Ih.mod"), "in file Other.mod", "nothing of the kind"):
        assert by_origins(said, [str(tmp_path / "source")]) == said
