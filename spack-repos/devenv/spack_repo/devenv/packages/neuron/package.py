# Part of devenv. SPDX-License-Identifier: Apache-2.0

import glob
import os
import shutil

try:
    from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

    LANGUAGES = True
except ImportError:  # Spack 0.2x: spack.package has it, and compilers are no dependencies
    LANGUAGES = False

from spack.package import *


def submodules(package):
    """What of NEURON's submodules a build without tests needs; its tests' and eigen are the large ones.

    Eigen, of which only headers are taken, comes from Spack: see `complete_sources`. What is named so is
    cloned without its own submodules.
    """
    needed = ["CLI11", "Random123", "coding-conventions", "fmt"]
    if package.spec.satisfies("+python"):
        needed.append("nanobind")
    if package.spec.satisfies("+coreneuron"):
        needed += ["json", "pybind11", "spdlog"]
    if package.spec.satisfies("+interviews"):
        needed.append("iv")
    return [f"external/{name}" for name in needed]


class Neuron(CMakePackage):
    """NEURON, the simulator of neurons and networks of neurons, with CoreNEURON.

    Built from source, or an external: a virtual environment into which NEURON's wheel was installed.
    Both have the same tools below `home`, and models are made with those.
    """

    homepage = "https://www.neuronsimulator.org"
    git = "https://github.com/neuronsimulator/nrn.git"

    license("BSD-3-Clause")

    version("develop", branch="master", submodules=submodules)
    version(
        "9.0.2",
        tag="9.0.2",
        commit="ba5783378c0aa1d9ac95b4454bea94b15c63f75d",
        submodules=submodules,
    )
    version(
        "9.0.1",
        tag="9.0.1",
        commit="b12a5412428af65c302166785a9753cd48b84b0a",
        submodules=submodules,
    )
    version(
        "9.0.0",
        tag="9.0.0",
        commit="a91d2468bbb8aa55077fc3547095e8258c3a5da6",
        submodules=submodules,
    )
    version(
        "8.2.7", tag="8.2.7", commit="34cf696c4ba947a070abc008b1fc58939d3e6418", submodules=True
    )

    # The submodule of nanobind's.
    resource(
        name="robin-map",
        git="https://github.com/Tessil/robin-map.git",
        commit="188c45569cc2a5dd768077c193830b51d33a5020",
        destination="external/of-nanobind",
        placement="robin_map",
        when="@9: +python",
    )

    variant("python", default=True, description="The Python interface")
    variant("mpi", default=True, description="Many ranks")
    variant("coreneuron", default=True, description="CoreNEURON, and models for it")
    variant("gpu", default=False, description="CoreNEURON on NVIDIA GPUs", when="+coreneuron")
    variant("openmp", default=False, description="CoreNEURON's threads", when="+coreneuron")
    variant("caliper", default=False, description="Regions for the profiler Caliper")
    variant("rx3d", default=False, description="Reaction-diffusion in 3D", when="+python")
    variant("interviews", default=False, description="The graphical interface")

    generator("ninja")

    if LANGUAGES:
        depends_on("c", type="build")
        depends_on("cxx", type="build")

    with default_args(type="build"):
        depends_on("cmake@3.18:")
        depends_on("eigen@3.4:3", when="@9:")
        depends_on("bison@3:")
        depends_on("flex@2.6:")
        depends_on("git")
        depends_on("py-cython", when="+rx3d")
        # NMODL, which writes CoreNEURON's code.
        depends_on("py-jinja2@2.9.3:", when="+coreneuron")
        depends_on("py-pyyaml@3.13:", when="+coreneuron")

    depends_on("ncurses")
    depends_on("readline")
    depends_on("mpi", when="+mpi")
    depends_on("caliper+mpi", when="+caliper+mpi")
    depends_on("caliper~mpi", when="+caliper~mpi")
    depends_on("libx11", when="+interviews")
    depends_on("cuda", when="+gpu")

    depends_on("python@3.10:", when="@9.0.2:")
    depends_on("python@3.9:", when="@9:")
    depends_on("python@3.8:")
    depends_on("py-numpy@1.9.3:", type=("build", "run"), when="+python")
    depends_on("py-packaging", type=("build", "run"), when="+python")
    depends_on("py-setuptools", type=("build", "run"), when="+python")
    depends_on("py-find-libpython", type="run", when="@9: +python")
    depends_on("py-sympy@1.3:", type=("build", "run"), when="+coreneuron")

    requires("%nvhpc", when="+gpu", msg="CoreNEURON on a GPU is compiled with nvhpc")
    conflicts("+gpu", when="@:8")

    @property
    def home(self):
        """The folder that holds NEURON's own bin, lib and share: a wheel has it inside of Python's."""
        pattern = join_path(self.prefix, "lib", "python3*", "site-packages", "neuron", ".data")
        return next(iter(sorted(glob.glob(pattern))), str(self.prefix))

    @property
    def python_path(self):
        """What Python finds NEURON in."""
        if self.home == str(self.prefix):
            return join_path(self.prefix, "lib", "python")
        return os.path.dirname(os.path.dirname(self.home))

    @property
    def headers(self):
        return find_headers("*", join_path(self.home, "include"))

    @property
    def libs(self):
        return find_libraries("libnrniv", join_path(self.home, "lib"))

    def _get_needed_resources(self):
        """Of Spack's: no resource is put into a dev source."""
        if "dev_path" in self.spec.variants:
            return []
        return super()._get_needed_resources()

    @run_before("cmake")
    def complete_sources(self):
        """The headers that are no submodules here, where NEURON's CMake has them. A dev source is to be
        whole: nothing is written into it."""
        if self.spec.satisfies("@:8"):
            return
        if "dev_path" in self.spec.variants:
            self._require_submodules()
            return
        external = join_path(self.stage.source_path, "external")
        eigen = join_path(self.spec["eigen"].headers.directories[0], "Eigen")
        self._place(eigen, join_path(external, "eigen", "Eigen"))
        if self.spec.satisfies("+python"):
            include = join_path("robin_map", "include")
            place = join_path(external, "nanobind", "ext", include)
            self._place(join_path(external, "of-nanobind", include), place)

    def _require_submodules(self):
        source = self.stage.source_path
        needed = [*submodules(self), "external/eigen"]
        folders = {name: join_path(source, *name.split("/")) for name in needed}
        empty = [n for n, path in folders.items() if not (os.path.isdir(path) and os.listdir(path))]
        if empty:
            raise InstallError(
                f"submodules of {source} are empty: {', '.join(empty)}",
                f"git -C {source} submodule update --init --recursive {' '.join(empty)}",
            )

    @staticmethod
    def _place(headers, place):
        if not os.path.isdir(place):
            shutil.copytree(headers, place)

    def cmake_args(self):
        spec = self.spec
        options = ("python", "mpi", "coreneuron", "rx3d", "interviews")
        args = [self.define_from_variant(f"NRN_ENABLE_{one.upper()}", one) for one in options]
        args.append(self.define("NRN_ENABLE_TESTS", False))
        args.append(self.define("PYTHON_EXECUTABLE", spec["python"].command.path))
        if LANGUAGES:
            # Mechanisms are compiled with the same flags as NEURON itself.
            args.append(self.define("CMAKE_CXX_FLAGS", microarchitecture_flags(spec, "cxx")))
        if spec.satisfies("+caliper"):
            args.append(self.define("NRN_ENABLE_PROFILING", True))
            args.append(self.define("NRN_PROFILER", "caliper"))
        if spec.satisfies("+coreneuron"):
            args.append(self.define_from_variant("CORENRN_ENABLE_OPENMP", "openmp"))
        if spec.satisfies("+gpu"):
            args.append(self.define("CORENRN_ENABLE_GPU", True))
            args.append(self.define("CMAKE_CUDA_COMPILER", spec["cuda"].prefix.bin.nvcc))
        return args

    @run_after("install")
    def name_compilers(self):
        """NEURON's makefiles for models name the compilers themselves, not Spack's wrappers of them."""
        makefiles = ("bin/nrnmech_makefile", "share/coreneuron/nrnivmodl_core_makefile")
        for makefile in (join_path(self.prefix, name) for name in makefiles):
            if os.path.isfile(makefile):
                for name, path in (("CC", self.compiler.cc), ("CXX", self.compiler.cxx)):
                    filter_file(rf"^(\s*){name} *=.*", rf"\1{name} = {path}", makefile, backup=False)

    def setup_run_environment(self, env):
        env.prepend_path("PATH", join_path(self.prefix, "bin"))
        if self.spec.satisfies("+python"):
            env.prepend_path("PYTHONPATH", self.python_path)
