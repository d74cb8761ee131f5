# Part of devenv. SPDX-License-Identifier: Apache-2.0

import glob
import hashlib
import json
import os
import shlex
import shutil

try:
    from spack_repo.builtin.build_systems.generic import Package

    LANGUAGES = True
except ImportError:  # Spack 0.2x: spack.package has it, and compilers are no dependencies
    LANGUAGES = False

from spack.package import *

REGIONS = ("neocortex", "hippocampus", "thalamus", "mousify")

# Of the launchers for each rank, as in devenv's own shim: mpirun, PMIx, PMI, MVAPICH.
RANKS = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PMI_ID", "MV2_COMM_WORLD_RANK")


class NeurodamusModels(Package):
    """A brain region's mechanisms with neurodamus's own, compiled for NEURON: special, libnrnmech.

    Of a dev source the HOC folder is linked, not copied: edits and new files show at once. What Spack
    rebuilds for is the contents of the mods that take part, wherever they come from.
    """

    homepage = "https://github.com/openbraininstitute/neurodamus-models"
    git = "https://github.com/openbraininstitute/neurodamus-models.git"

    version("develop", branch="main")
    # What followed 2.4.3, whose mousify/mod/VecStim.mod is a link that leads nowhere.
    version("2.4.3.post1", commit="48aaf3c8156c1c289c15402d7fae7ced63180b63")
    version("2.4.3", tag="2.4.3", commit="9062a7445247e501baaee748026c51150da509a1")
    version("2.4.2", tag="2.4.2", commit="02217561b60e257ac90238cc1a2d8581ac5dc9ce")

    variant("model", default="neocortex", values=REGIONS, multi=False, description="The region")
    variant("coreneuron", default=False, description="Also for CoreNEURON: special-core")
    variant("gpu", default=False, description="CoreNEURON's half for NVIDIA GPUs", when="+coreneuron")
    variant("mpi", default=True, description="With a NEURON that runs on many ranks")
    variant("caliper", default=False, description="With a NEURON that has regions for Caliper")
    variant("reports", default=False, description="Write reports (SONATA) from all ranks at once")
    variant("example", default=True, description="The mechanisms of devenv's ring example as well")
    with when("model=neocortex"):
        variant("v5", default=True, description="Mechanisms of the v5 circuits, beside v6")
        variant("plasticity", default=False, description="Long-term plasticity, optimised")
        variant("ngv", default=False, description="Glia and blood vessels")
        variant("metabolism", default=False, description="Ion concentrations and pumps")

    if LANGUAGES:
        depends_on("c", type="build")
        depends_on("cxx", type="build")
    depends_on("gmake", type="build")

    depends_on("neuron+python")
    depends_on("neuron+mpi", when="+mpi")
    depends_on("neuron+coreneuron", when="+coreneuron")
    depends_on("neuron+gpu", when="+gpu")
    depends_on("neuron+caliper", when="+caliper")
    depends_on("py-neurodamus", type=("build", "run"))
    depends_on("libsonata-report", when="+reports")
    requires("%nvhpc", when="+gpu", msg="CoreNEURON on a GPU is compiled with nvhpc")

    @property
    def region(self):
        return self.spec.variants["model"].value

    @property
    def share(self):
        return join_path(self.prefix, "share", f"neurodamus_{self.region}")

    def _dev_path(self):
        """The folder of the dev source, None where this is no dev build."""
        return self.spec.variants["dev_path"].value if "dev_path" in self.spec.variants else None

    def _example(self):
        """The ring example, which devenv puts beside the recipe."""
        return os.path.realpath(join_path(self.package_dir, "ring"))

    def mod_folders(self, source):
        """Where mods come from, in order of precedence: the first file of a name wins."""
        spec, region = self.spec, self.region
        folders = [join_path(spec["py-neurodamus"].package.datadir, "mod")]
        below = {
            "+metabolism": (region, "mod", "metabolism"),
            "+ngv": ("common", "mod", "ngv"),
            "+plasticity": (region, "mod", "v6", "optimized"),
            "model=neocortex": (region, "mod", "v6"),
            "+v5": (region, "mod", "v5"),
        }
        if region == "neocortex":
            folders += [join_path(source, *path) for has, path in below.items() if has in spec]
        else:
            folders.append(join_path(source, region, "mod"))
        if "+example" in spec:
            folders.append(join_path(self._example(), "mod"))
        return folders

    def mods(self, source):
        """Name of a file -> its path, of all that is compiled."""
        found = {}
        for folder in self.mod_folders(source):
            for path in sorted(glob.glob(join_path(folder, "*.mod"))):
                found.setdefault(os.path.basename(path), path)
        if "InhPoissonStim.mod" in found:  # defines the same mechanism
            found.pop("netstim_inhpoisson.mod", None)
        return found

    def install(self, spec, prefix):
        source = self.stage.source_path
        if "+example" in spec and not os.path.isdir(self._example()):
            raise InstallError("the ring example is not beside the recipe: build it ~example")
        mods = self.mods(source)
        if not mods:
            raise InstallError(f"{source} has no mods for model={self.region}")
        work = join_path(self.stage.path, "model")
        # nrnivmodl spoils what it finds of an earlier build: begin with nothing.
        shutil.rmtree(work, ignore_errors=True)
        mkdirp(join_path(work, "mod"))
        for name, path in mods.items():
            # A link: what is wrong in a file is said of the developer's own.
            os.symlink(path, join_path(work, "mod", name))
        with working_dir(work):
            if self._by_devenv():
                self._build_by_devenv(spec, prefix)
            else:
                self._compile(self._nrnivmodl(), spec, prefix)
                self._install_binaries(next(iter(glob.glob("*/special"))), spec, prefix)
        # The program's path is argv[0], by whose end neurodamus tells that special is running.
        program = join_path(prefix.libexec, "special")
        mkdirp(prefix.libexec)
        os.symlink(join_path(prefix.bin, "special.nrn"), program)
        self._write_shim(join_path(prefix.bin, "special"), program)
        self._install_sources(source, mods)

    def _by_devenv(self):
        """Whether devenv calls Spack, and knows the steps: with it a mod is compiled once."""
        known = LANGUAGES and "+gpu" not in self.spec
        return known and bool(os.environ.get("DEVENV_PYTHON") and os.environ.get("DEVENV_HOME"))

    def _build_by_devenv(self, spec, prefix):
        neuron, python = spec["neuron"].package, self._neuron_environment()["NRN_PYTHONEXE"]
        flags = microarchitecture_flags(spec, "cxx").split()
        arguments = {
            "home": os.environ["DEVENV_HOME"],
            "neuron": neuron.home,
            "version": str(spec["neuron"].version),
            "python": python,
            "python-version": str(spec["python"].version.up_to(2)),
            "packages": neuron.python_path,
            "mods": os.path.abspath("mod"),
            "into": str(prefix),
            "flags": " ".join(flags),
            "jobs": str(make_jobs),
        }
        words = [f"--{name}={value}" for name, value in arguments.items()]
        words += ["--coreneuron"] if "+coreneuron" in spec else []
        words += [f"--reports={spec['libsonata-report'].prefix}"] if "+reports" in spec else []
        devenv = Executable(os.environ["DEVENV_PYTHON"])
        # The compilers themselves, and no ld of Spack's in PATH, which would write this prefix into what
        # is kept: what goes into an object is its key in the store.
        wrappers = str(spec["compiler-wrapper"].prefix)
        path = [p for p in os.environ["PATH"].split(":") if not p.startswith(wrappers)]
        path += [spec["mpi"].prefix.bin] if "mpi" in spec else []
        devenv.add_default_env("PATH", ":".join(path))
        devenv.add_default_env("CXX", self.compiler.cxx)
        devenv.add_default_env("CC", self.compiler.cc)
        devenv("-I", "-m", "devenv.models.prefix", *words)

    def _nrnivmodl(self):
        """NEURON's own nrnivmodl with its environment, not a wheel's wrapper, which moves `special`."""
        nrnivmodl = Executable(join_path(self.spec["neuron"].package.home, "bin", "nrnivmodl"))
        for name, value in self._neuron_environment().items():
            nrnivmodl.add_default_env(name, value)
        return nrnivmodl

    def _neuron_environment(self):
        """What NEURON is told about itself and its Python."""
        neuron = self.spec["neuron"].package
        own = join_path(neuron.prefix, "bin", "python3")
        python = own if os.path.exists(own) else self.spec["python"].command.path
        libraries = self.spec["python"].package.libs
        environment = {
            "NRNHOME": neuron.home,
            "NEURONHOME": join_path(neuron.home, "share", "nrn"),
            "CORENRNHOME": neuron.home,
            "NMODLHOME": neuron.home,
            "NRN_PYTHONEXE": python,
            "CORENRN_PYTHONEXE": python,
            "CORENRN_PERLEXE": shutil.which("perl") or "perl",
        }
        if libraries:
            environment["NMODL_PYLIB"] = libraries[0]
        return environment

    def _compile(self, nrnivmodl, spec, prefix):
        include, link = [], [f"-Wl,-rpath,{prefix.lib}"]
        if "+reports" in spec:
            reports = spec["libsonata-report"].prefix
            include += [f"-I{reports.include}", *self._mpi_include()]
            link += [f"-L{reports.lib}", "-lsonatareport", f"-Wl,-rpath,{reports.lib}"]
        else:
            include.append("-DDISABLE_REPORTINGLIB")
        core = ["-coreneuron"] if "+coreneuron" in spec else []
        nrnivmodl(*core, "-incflags", " ".join(include), "-loadflags", " ".join(link), "mod")

    def _mpi_include(self):
        """For mpi.h, which the mods for reports include, without MPI-2's C++ classes."""
        if "mpi" not in self.spec:
            return []
        mpicc = Executable(join_path(self.spec["mpi"].prefix.bin, "mpicc"))
        said = mpicc("-show", output=str, error=str, fail_on_error=False).split()
        folders = [word for word in said if word.startswith("-I")]
        return [*folders, "-DOMPI_SKIP_MPICXX=1", "-DMPICH_SKIP_MPICXX=1"]

    def _install_binaries(self, special, spec, prefix):
        made = os.path.dirname(special)
        mkdirp(prefix.bin, prefix.lib)
        install(join_path(made, "libnrnmech.so"), prefix.lib)
        install(special, join_path(prefix.bin, "special.nrn"))
        if "+coreneuron" in spec:
            install(join_path(made, "libcorenrnmech.so"), prefix.lib)
            install(join_path(made, "special-core"), prefix.bin)

    def _write_shim(self, path, binary):
        """`special` as people call it: with NEURON's environment, and with -mpi under a launcher.

        neurodamus passes -mpi as argv[0]; without it a parallel run would be N runs side by side.
        """
        names = {k: v for k, v in self._neuron_environment().items() if k != "CORENRN_PERLEXE"}
        exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in names.items())
        ranks = "".join(f"${{{name}-}}" for name in RANKS)
        with open(path, "w") as file:
            file.write(
                f"#!/bin/sh\n{exports}"
                f'if [ -n "{ranks}" ]; then\n'
                '    for argument; do [ "$argument" = -mpi ] && exec '
                f'{shlex.quote(binary)} "$@"; done\n'
                f'    exec {shlex.quote(binary)} -mpi "$@"\n'
                "fi\n"
                f'exec {shlex.quote(binary)} "$@"\n'
            )
        set_executable(path)

    def _install_sources(self, source, mods):
        """The mods as they were compiled, and HOC: of a dev source the folder itself."""
        mkdirp(join_path(self.share, "mod"))
        for name, path in mods.items():
            shutil.copyfile(path, join_path(self.share, "mod", name))
        hoc = join_path(source, self.region, "hoc")
        if os.path.isdir(hoc):
            if self._dev_path():
                os.symlink(hoc, join_path(self.share, "hoc"))
            else:
                shutil.copytree(hoc, join_path(self.share, "hoc"), symlinks=False)
        if "+example" in self.spec:
            example = join_path(self._example(), "hoc")
            shutil.copytree(example, join_path(self.share, "example", "hoc"))
        with open(join_path(self.share, "mods.json"), "w") as file:
            json.dump(self._seen(mods), file, indent=1, sort_keys=True)

    @staticmethod
    def _seen(mods):
        """What a rebuild hangs on: the mods by name and content."""
        seen = {}
        for name, path in mods.items():
            with open(path, "rb") as file:
                seen[name] = hashlib.sha256(file.read()).hexdigest()
        return seen

    def detect_dev_src_change(self):
        """Whether another set of mods, or of their contents, takes part now; a touch is no change."""
        try:
            with open(join_path(self.share, "mods.json")) as file:
                return json.load(file) != self._seen(self.mods(self._dev_path()))
        except (OSError, ValueError):
            return True

    def setup_run_environment(self, env):
        if "+example" in self.spec:
            env.prepend_path("HOC_LIBRARY_PATH", join_path(self.share, "example", "hoc"))
        # The region's own helpers win over neurodamus's.
        env.prepend_path("HOC_LIBRARY_PATH", join_path(self.share, "hoc"))
        env.set(f"NEURODAMUS_{self.region.upper()}_ROOT", self.prefix)
        library = join_path(self.prefix.lib, "libnrnmech.so")
        # Each names one file.
        env.set("NRNMECH_LIB_PATH", library)
        env.set("BLUECELLULAB_MOD_LIBRARY_PATH", library)
        if "+coreneuron" in self.spec:
            env.set("CORENEURONLIB", join_path(self.prefix.lib, "libcorenrnmech.so"))
