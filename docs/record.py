"""Records the terminal session of the home page: ``python docs/record.py`` runs it and writes the SVG.

The commands are real and run in a terminal of their own, in an empty home. What is shown is the screen
after each command has ended.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from fcntl import ioctl
from html import escape
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ

PAGE = Path(__file__).resolve().parent / "tutorial" / "your-own-model.md"
OUT = Path(__file__).resolve().parent / "assets" / "session.svg"
WIDTH = 94
SESSION = (
    "ls",
    "devenv init",
    "devenv run python run.py",
    "sed -i 's/e = -70/e = -65/' leak.mod",
    "devenv run python run.py",
    "sed -i 's/BREAKPOINT/BREAKPOINTX/' leak.mod",
    "devenv run python run.py",
)
"""The model and the script are those of the tutorial."""

NO_DISPLAY = ("Warning: no DISPLAY", "--No graphics")
"""NEURON's lines on a machine without a display, such as the one that records."""

_CODE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
_COLOURS = {"1": "b", "31": "r", "32": "g", "33": "y", "36": "c", "2": "d"}
_STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
text { fill: #d6d9df; white-space: pre }
.p { fill: #7fd1a0 } .b { font-weight: bold } .r { fill: #ff8e85 } .g { fill: #7fd1a0 }
.y { fill: #f2c66d } .c { fill: #7cc7e8 } .d { fill: #9aa0aa }"""
_ROW, _COLUMN, _EDGE = 19, 8.43, 16


@dataclass
class Screen:
    """What a terminal shows of a text: rows of (character, class)."""

    rows: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0
    style: str = ""

    def write(self, text: str) -> None:
        at = 0
        while at < len(text):
            if code := _CODE.match(text, at):
                self._obey(code[1], code[2])
                at = code.end()
                continue
            self._put(text[at])
            at += 1

    def _put(self, character: str) -> None:
        if character == "\n":
            self.row += 1
            while self.row >= len(self.rows):
                self.rows.append([])
        elif character == "\r":
            self.column = 0
        elif character.isprintable():
            line = self.rows[self.row]
            line += [(" ", "")] * (self.column + 1 - len(line))
            line[self.column] = (character, self.style)
            self.column += 1

    def _obey(self, number: str, letter: str) -> None:
        if letter == "m":
            classes = [_COLOURS.get(one, "") for one in number.split(";")]
            self.style = "" if number in ("", "0") else " ".join(filter(None, classes))
        elif letter == "A":
            self.row = max(self.row - int(number or 1), 0)
        elif letter == "K":
            whole = number == "2"
            del self.rows[self.row][0 if whole else self.column :]
        elif letter == "J":
            del self.rows[self.row][self.column :]
            del self.rows[self.row + 1 :]


def typed(command: str, environ: Mapping[str, str], cwd: Path) -> str:
    """All that a command writes to its terminal."""
    leader, follower = pty.openpty()
    ioctl(follower, TIOCSWINSZ, pack("HHHH", 40, WIDTH, 0, 0))
    process = subprocess.Popen(
        ["bash", "-c", command], stdin=follower, stdout=follower, stderr=follower, cwd=cwd,
        env=dict(environ), start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    text = b""
    while True:
        try:
            text += (piece := os.read(leader, 65536))
        except OSError:  # that is how a terminal says that nobody has it open
            break
        if not piece:
            break
    os.close(leader)
    process.wait()
    return text.decode(errors="replace")


def record(home: Path) -> list[list[tuple[str, str]]]:
    """The rows of the screen after the whole session of somebody with that home."""
    work = home / "leaky"
    work.mkdir()
    page = PAGE.read_text(encoding="utf-8")
    for name, text in re.findall(r"    \$ cat > (\S+) <<'END'\n(.*?)\n    END\n", page, re.DOTALL):
        (work / name).write_text(re.sub(r"^    ", "", text, flags=re.M) + "\n", encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("DEVENV_", "NO_COLOR", "CI"))}
    environ = {**kept, "PATH": path, "TERM": "xterm-256color", "HOME": str(home)}
    environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    rows: list[list[tuple[str, str]]] = []
    for command in SESSION:
        rows.append([("$", "p"), *((one, "b") for one in f" {command}")])
        screen = Screen()
        screen.write(typed(command, environ, work).replace(str(home), "~"))
        rows += [line for line in screen.rows if line and not text_of(line).startswith(NO_DISPLAY)]
    return rows


def text_of(row: list[tuple[str, str]]) -> str:
    """The row without its colours."""
    return "".join(character for character, _ in row)


def picture(rows: list[list[tuple[str, str]]]) -> str:
    """The rows as an SVG of a terminal."""
    width, height = int(WIDTH * _COLUMN + 2 * _EDGE), len(rows) * _ROW + 2 * _EDGE
    lines = "\n".join(
        f'<text x="{_EDGE}" y="{_EDGE + 14 + number * _ROW}">{_spans(row)}</text>'
        for number, row in enumerate(rows)
    )
    title = "A terminal session: devenv compiles the mechanism that was edited, and runs the script"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        f'<rect width="100%" height="100%" rx="8" fill="#1d2027"/>\n{lines}\n</svg>\n'
    )


def _spans(row: list[tuple[str, str]]) -> str:
    found: list[tuple[str, str]] = []
    for character, style in row:
        if found and found[-1][1] == style:
            found[-1] = (found[-1][0] + character, style)
        else:
            found.append((character, style))
    return "".join(f'<tspan class="{s}">{escape(t)}</tspan>' if s else escape(t) for t, s in found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        OUT.write_text(picture(record(Path(folder))), encoding="utf-8")
