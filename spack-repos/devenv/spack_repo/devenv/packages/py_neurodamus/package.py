# Part of devenv. SPDX-License-Identifier: Apache-2.0

import hashlib
import json
import os
import shutil

try:
    from spack_repo.builtin.build_systems.python import PythonPackage
except ImportError:  # Spack 0.2x: spack.package has it
    pass

from spack.package import *


def _digest(paths):
    """Of the names and contents of files, in order; one that cannot be read counts as empty."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{os.path.basename(path)}\0".encode())
        if os.path.isfile(path):
            with open(path, "rb") as file:
                total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


class PyNeurodamus(PythonPackage):
    """Simulation control for NEURON: reads SONATA circuits, runs them on many ranks.

    A dev source is installed as links into it: an edit of Python or HOC shows at once, and so does a
    new file. Only its mods, which models are made of, and its packaging are changes for Spack.
    """

    homepage = "https://github.com/openbraininstitute/neurodamus"
    git = "https://github.com/openbraininstitute/neurodamus.git"
    pypi = "neurodamus/neurodamus-4.2.9.tar.gz"

    license("Apache-2.0")

    version("develop", branch="main", submodules=True)
    version("4.2.9", sha256="23c42a29510186fce02e4393fdf7767eab92e453733fe71d7b3f50e8d682d852")
    version("4.2.8", sha256="095a1d78e967e323b71b2d836832c20cf3b19d3afefacfb8e66d0dc27115ad2d")
    version("4.2.7", sha256="18ce43686e7b8bf55adebc2fb324768058cd861e1e444868f0c9ce6fadfd2ad0")
    version("4.2.4", sha256="02342a6f00138d925290509c1916ad0bcfdcffa46b606757dc7265d4c6cfee95")
    version("4.2.0", sha256="a9db428233484f6c180fe5cd511c776b90dfdfed85d2005ca85c7e4b36f07e6a")
    version("3.7.2", sha256="f2001b6807921a87b83ae041b7540a63dbb428eae81eae933fd14c788975f304")

    depends_on("python@3.10:", type=("build", "run"), when="@4:")
    depends_on("py-hatchling", type="build")
    depends_on("py-hatch-vcs", type="build")

    with default_args(type=("build", "run")):
        depends_on("py-h5py")
        depends_on("py-numpy")
        depends_on("py-psutil")
        depends_on("py-scipy")
        depends_on("py-libsonata@0.1.37:", when="@4:")
        depends_on("py-libsonata@0.2.2:", when="@4.2.9:")
        depends_on("py-libsonata")
        depends_on("py-morphio")
        depends_on("py-docopt-ng", when="@4:")
        depends_on("py-docopt", when="@:3")
        depends_on("py-packaging", when="@4:")

    # What a model's build and a developer's edits need beside the package itself.
    _record = "share/neurodamus/dev-source.json"

    @property
    def datadir(self):
        """The folder with hoc, mod and init.py."""
        purelib = self.spec["python"].package.purelib
        return join_path(self.prefix, purelib, "neurodamus", "data")

    def _dev_path(self):
        """The folder of the dev source, None where this is no dev build."""
        return self.spec.variants["dev_path"].value if "dev_path" in self.spec.variants else None

    @run_before("install")
    def check_mods(self):
        """A clone without its submodule has links that lead nowhere: said before the build fails."""
        folder = join_path(self.stage.source_path, "neurodamus", "data", "mod")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        if any(not os.path.exists(join_path(folder, name)) for name in names):
            raise InstallError(
                f"{self.stage.source_path} lacks its submodule with the mods: "
                "run `git submodule update --init` there"
            )

    @run_after("install")
    def link_dev_source(self):
        """Links in place of the copy that pip made of a dev source."""
        source = self._dev_path()
        if source is None:
            return
        package = os.path.dirname(self.datadir)
        shutil.rmtree(package)
        os.symlink(join_path(source, "neurodamus"), package)
        record = join_path(self.prefix, self._record)
        mkdirp(os.path.dirname(record))
        with open(record, "w") as file:
            json.dump(self._seen(source), file)

    @staticmethod
    def _seen(source):
        """What a rebuild hangs on: what is compiled into models, and what pip goes by."""
        folder = join_path(source, "neurodamus", "data", "mod")
        mods = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        files = [join_path(folder, name) for name in mods if name.endswith(".mod")]
        return {"mods": _digest(files), "packaging": _digest([join_path(source, "pyproject.toml")])}

    def detect_dev_src_change(self):
        """Not for Python and HOC, which are links; by contents, so that a touch is no change."""
        try:
            with open(join_path(self.prefix, self._record)) as file:
                return json.load(file) != self._seen(self._dev_path())
        except (OSError, ValueError):
            return True

    def setup_run_environment(self, env):
        env.set("NEURODAMUS_PYTHON", self.datadir)
        env.set("NEURODAMUS_DATA", self.datadir)
        env.prepend_path("HOC_LIBRARY_PATH", join_path(self.datadir, "hoc"))
