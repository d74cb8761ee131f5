# Part of devenv. SPDX-License-Identifier: Apache-2.0

try:
    from spack_repo.builtin.build_systems.python import PythonPackage

    LANGUAGES = True
except ImportError:  # Spack 0.2x: spack.package has it, and compilers are no dependencies
    LANGUAGES = False

from spack.package import *


class PyLibsonata(PythonPackage):
    """Reads SONATA circuits and reports; the versions that neurodamus asks for."""

    homepage = "https://github.com/openbraininstitute/libsonata"
    git = "https://github.com/openbraininstitute/libsonata.git"
    pypi = "libsonata/libsonata-0.2.2.tar.gz"

    license("LGPL-3.0-or-later")

    version("0.2.2", sha256="5d808574a1818c3d44ce164c722e5849822804bf0a90d5ea061d2432505803d2")
    version("0.1.37", sha256="41c13ebf2b971f5d5d8b00cb634a289dada3b349dbf5a3e304b514a5c0edf58d")

    if LANGUAGES:
        depends_on("c", type="build")
        depends_on("cxx", type="build")

    depends_on("python@3.9:", type=("build", "run"))
    depends_on("py-numpy@1.17.3:", type=("build", "run"))
    depends_on("cmake@3.16:", type="build")
    depends_on("py-setuptools@42:", type="build")
    depends_on("py-setuptools-scm@3.4:", type="build")
    # fmt, HighFive and pybind11 come with the source.
    depends_on("hdf5")

    def setup_build_environment(self, env):
        env.set("SONATA_BUILD_TYPE", "Release")
