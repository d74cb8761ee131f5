"""What the readers of the pages on conda packages have: small packages under the names of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from conda_parts import VERSION, assemble, make_python, write
from page_session import Reader
from s3_server import KEY, SECRET, S3Server

SITE = f"lib/python{VERSION}/site-packages"
RECIPE = """\
package: {name: small, version: '1.0'}
build:
  number: 0
  string: '0'
  script: mkdir -p $PREFIX/share/small && echo small > $PREFIX/share/small/text
requirements:
  run: [python]
tests:
  - script: [grep small $CONDA_PREFIX/share/small/text]
"""
ENVIRONMENT = """\
name: simulations
channels: [{channel}]
dependencies:
  - python={version}
  - mpi4py =*=*_site
"""
BOUND = """\
package: {name: mpi4py, version: 4.0.1}
build:
  number: 1000
  string: "{{ environ.get('SITE_ENV') }}_{{ PKG_BUILDNUM }}"
  script: mkdir -p $PREFIX/share && which mpicc > $PREFIX/share/mpicc
"""


def make_channel(reader: Reader, folder: Path) -> Path:
    """A channel with a stand-in for python, and packages of one module that stand for the page's."""
    channel = folder / "channel"
    make_python(reader.devenv, folder, channel, VERSION, pip=False)
    packages = [
        _package("numpy", "2.1.0"),
        _package("numpy", "2.2.0"),
        _package("scipy", "1.15.0", "numpy"),
        _package("mpi4py", "4.0.1"),
        _package("mpi4py", "4.0.1", build="0_site"),
        _package("hnn-core-all", "0.6.1", "numpy", "scipy"),
    ]
    assemble(channel, folder / "files", *packages)
    reader.devenv("conda", "index", channel)
    write(
        reader.home / "conda",
        {
            "recipe/recipe.yaml": RECIPE,
            "mpi4py/meta.yaml": BOUND,
            "environment.yml": ENVIRONMENT.format(channel=channel, version=VERSION),
            "script.py": "import numpy, scipy\nprint(numpy.VERSION, scipy.VERSION)\n",
        },
    )
    return channel


def site_modules(reader: Reader) -> None:
    """Modulefiles in ~/modules: a compiler, and an MPI whose mpicc is beside them."""
    path = reader.home / "modules" / "bin"
    set_path = f"#%Module\nprepend-path PATH {path}\n"
    texts = {"gcc": "#%Module\nsetenv CC gcc\n", "openmpi": set_path, "bin/mpicc": "#!/bin/sh\n"}
    write(reader.home / "modules", texts)
    (path / "mpicc").chmod(0o755)


def s3_login(reader: Reader, server: S3Server) -> Mapping[str, str]:
    """Variables with which the server is found; the credentials are in ~/.aws, for two profiles."""
    keys = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    write(reader.home / ".aws", {"credentials": f"[default]\n{keys}[lab]\n{keys}"})
    secret = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SHARED_CREDENTIALS_FILE")
    return {name: value for name, value in server.environ.items() if name not in secret}


def _package(name: str, version: str, *needs: str, build: str = "0") -> dict[str, object]:
    files = {f"{SITE}/{name.replace('-', '_')}.py": f"VERSION = '{version}'\n"}
    return {
        "name": name, "version": version, "build": build, "files": files,
        "depends": ["python", *needs],
    }  # fmt: skip
