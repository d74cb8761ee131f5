"""`devenv shell-setup` edits a start-up file on request, and takes it back to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Devenv
from terminal import terminal

FILES = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish", "tcsh": ".tcshrc"}


@pytest.mark.parametrize("shell", FILES)
@pytest.mark.parametrize("before", ["", "alias x=y\n", "no newline at the end"])
def test_it_is_written_once_and_taken_back(
    devenv: Devenv, tmp_path: Path, shell: str, before: str
) -> None:
    file = tmp_path / FILES[shell]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before)
    said = devenv("shell-setup", shell, "--yes", HOME=str(tmp_path)).stdout
    written = file.read_text()
    assert written.startswith(before)
    assert f"devenv shell-init {shell}" in written
    assert f"+{written.splitlines()[-2]}" in said, "the diff is shown"
    devenv("shell-setup", shell, "--yes", HOME=str(tmp_path))
    assert file.read_text() == written
    devenv("shell-setup", shell, "--undo", "--yes", HOME=str(tmp_path))
    assert file.read_text() == (before if not before or before.endswith("\n") else f"{before}\n")


def test_nothing_is_edited_unasked(devenv: Devenv, tmp_path: Path) -> None:
    file = tmp_path / ".bashrc"
    file.write_text("mine\n")
    assert "--yes" in devenv("shell-setup", "bash", code=2, HOME=str(tmp_path)).stdout
    devenv("shell-setup", "bash", "--dry-run", HOME=str(tmp_path))
    person = terminal(devenv, "shell-setup", "bash", HOME=str(tmp_path))
    person.until("[y/N]")
    assert "+# >>> devenv" in person.text
    person.type("n\n")
    assert person.end() == 1
    assert file.read_text() == "mine\n"
    assert "unknown shell 'nosuch'" in devenv("shell-setup", "nosuch", code=2).stdout


def test_a_link_and_its_rights_are_kept(devenv: Devenv, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "bashrc"
    real.parent.mkdir()
    real.write_text("mine\n")
    real.chmod(0o600)
    (tmp_path / ".bashrc").symlink_to(real)
    devenv("shell-setup", "bash", "--yes", HOME=str(tmp_path))
    assert (tmp_path / ".bashrc").is_symlink()
    assert "shell-init" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600
