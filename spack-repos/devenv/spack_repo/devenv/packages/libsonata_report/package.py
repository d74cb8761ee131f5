# Part of devenv. SPDX-License-Identifier: Apache-2.0

try:
    from spack_repo.builtin.build_systems.cmake import CMakePackage

    LANGUAGES = True
except ImportError:  # Spack 0.2x: spack.package has it, and compilers are no dependencies
    LANGUAGES = False

from spack.package import *


class LibsonataReport(CMakePackage):
    """Writes SONATA reports of a simulation from all ranks at once."""

    homepage = "https://github.com/openbraininstitute/libsonatareport"
    git = "https://github.com/openbraininstitute/libsonatareport.git"

    license("Apache-2.0")

    version("develop", branch="master")
    version("2.0.0", tag="2.0.0", commit="ec35f6ca6c650402fb7ccade427d95a0f216f1a7")
    version("1.2.7", tag="1.2.7", commit="0fa4021bf04c064765a1112872e45d0a57e386b0")
    version("1.2.6", tag="1.2.6", commit="96bde145a4a21226869831b74319bc0d36759c74")

    variant("mpi", default=True, description="Write from all ranks at once")

    if LANGUAGES:
        depends_on("c", type="build")
        depends_on("cxx", type="build")
    depends_on("cmake@3.10:", type="build")

    depends_on("spdlog")
    depends_on("mpi", when="+mpi")
    depends_on("hdf5+mpi", when="+mpi")
    depends_on("hdf5~mpi", when="~mpi")

    def flag_handler(self, name, flags):
        """mpi.h without MPI-2's C++ classes: the library is linked to MPI's C library alone."""
        if name == "cxxflags" and self.spec.satisfies("+mpi"):
            flags += ["-DOMPI_SKIP_MPICXX=1", "-DMPICH_SKIP_MPICXX=1"]
        return (flags, None, None)

    def cmake_args(self):
        return [
            # Its CMakeLists.txt asks for this after it has looked for HDF5.
            self.define_from_variant("HDF5_PREFER_PARALLEL", "mpi"),
            self.define("SONATA_REPORT_VERSION", str(self.version)),
            self.define("SONATA_REPORT_ENABLE_SUBMODULES", False),
            self.define("SONATA_REPORT_ENABLE_TEST", False),
            self.define_from_variant("SONATA_REPORT_ENABLE_MPI", "mpi"),
        ]
