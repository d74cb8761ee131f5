"""The NEURON and the compiler for a model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devenv.core.product import Input, Inputs
from devenv.models.makefile import MakeFlags


@dataclass(frozen=True)
class Toolchain:
    """What compiles a model.

    neuron: NEURON's version. identity: which build of it, to the byte (the key of its store). home:
    its ``.data`` folder. python: version of the Python that this NEURON is for ("3.11").
    cxx, cc: the compilers as argv. compiler: what they are: the first lines of their ``--version``.
    flags: of NEURON's own makefile. ccache: its path, empty: none. headers: of a NEURON that is itself
    developed, a copy of its headers, whose path stays the same while they do; front: the hash of them
    and of the translators. Empty: they are `home` and `identity`.
    """

    neuron: str
    identity: str
    home: str
    python: str
    cxx: tuple[str, ...]
    cc: tuple[str, ...]
    compiler: str
    flags: MakeFlags
    ccache: str = ""
    headers: str = ""
    front: str = ""

    @property
    def for_objects(self) -> Toolchain:
        """The same, as far as a mechanism's object depends on it: an edit of NEURON's libraries alone
        compiles no mechanism again."""
        if not self.headers:
            return self
        include = tuple(word.replace(self.home, self.headers) for word in self.flags.include)
        flags = replace(self.flags, include=include)
        return replace(self, home=self.headers, identity=self.front, flags=flags)

    @property
    def nocmodl(self) -> str:
        """NEURON's translator from NMODL."""
        return f"{self.home}/bin/nocmodl"

    @property
    def machine(self) -> str:
        """The processor architecture that it compiles for ("x86_64"), from the compiler's target."""
        return self.compiler.rpartition(" ")[2].partition("-")[0]

    @property
    def units(self) -> str:
        """The table of units that nocmodl reads."""
        return f"{self.home}/share/nrn/lib/nrnunits.lib"

    @property
    def suffix(self) -> str:
        """The suffix of the file of a translated mechanism."""
        return ".c" if self.flags.language == "c" else ".cpp"

    @property
    def precompiles(self) -> bool:
        """Whether a precompiled header pays: NEURON's C headers are small; only gcc's is used."""
        return self.flags.language == "c++" and "clang" not in self.compiler.lower()

    def compile(self, mechanism: bool = True) -> tuple[str, ...]:
        """argv that compiles a translated mechanism, or else C++ of NEURON's own."""
        before = (self.ccache,) if self.ccache else ()
        if mechanism and self.flags.language == "c":
            return (*before, *self.cc, *self.flags.mechanism)
        return (*before, *self.cxx, *self.flags.cxx)

    @property
    def inputs(self) -> Inputs:
        """All that an object file depends on beside its source.

        NEURON's home is part of it: its headers' assertions put their own path into the object. Where
        the compiler stands is not.
        """
        flags = self.flags
        tools = (self.neuron, self.identity, self.home, self.compiler, flags.language)
        return (
            Input("NEURON and the compiler", tools),
            Input("words of the C++ compiler", self.cxx[1:]),
            Input("words of the C compiler", self.cc[1:]),
            Input("flags of a mechanism", flags.mechanism),
            Input("flags of C++", flags.cxx),
            Input("include", flags.include),
        )
