"""The part of a package repository that a concretization can need.

Spack weighs up every package that could take part: with the 8,600 recipes of its own repository some
500 for the smallest spec, each provider of each virtual with all that it needs. What is on the machine
already, and what the configuration settles, excludes most of them. The closure is what is left; with it
in the place of the whole repository Spack comes to the same specs (DAG hashes), in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from devenv.engines.spack.recipe import Recipe, contradicts, names_in, read_recipe

# Spack takes these into a spec by itself, with a compiler, or asks for them by name.
IMPLICIT = ("compiler-wrapper", "gcc-runtime", "glibc", "gcc", "gnuconfig", "python-venv")


@dataclass(frozen=True)
class RecipeTexts:
    """Texts of a package repository of Spack's, or of several as one.

    packages: names of the packages. package, system: the text of a package's recipe, and of a module of
    build systems ("" where it is not there).
    """

    packages: Collection[str]
    package: Callable[[str], str]
    system: Callable[[str], str]


@dataclass(frozen=True)
class FixedChoices:
    """What the configuration, and the specs themselves, exclude.

    there: packages that are not built, since the machine has them: what they would need does not
    matter. providers: virtual -> the packages that may provide it; others are not weighed up. variants:
    package -> what is said of its variants, and for all ("") of the platform, as Spack writes it.
    """

    there: frozenset[str] = frozenset()
    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)

    def excludes(self, package: str, when: str) -> bool:
        """Whether `when`, of a dependency of `package`, cannot hold."""
        said = f"{self.variants.get(package, '')} {self.variants.get('', '')}"
        return contradicts(when, said)


def providers_in(repository: RecipeTexts) -> dict[str, tuple[str, ...]]:
    """Virtual -> its providers, of all recipes. Takes a second or two for Spack's own repository."""
    found: dict[str, list[str]] = {}
    for name in sorted(repository.packages):
        text = repository.package(name)
        if "provides(" in text:
            for virtual in read_recipe(text).provides:
                found.setdefault(virtual, []).append(name)
    return {virtual: tuple(names) for virtual, names in sorted(found.items())}


@dataclass(frozen=True)
class Closure:
    """What of a repository is taken: packages whole, and others as stubs, which are only looked up."""

    whole: frozenset[str]
    stubs: frozenset[str]


def closure(
    specs: Iterable[str],
    repository: RecipeTexts,
    providers: Mapping[str, tuple[str, ...]],
    settled: FixedChoices,
) -> Closure:
    """The packages of `repository` that concretizing `specs` may need.

    providers: of all virtuals (`providers_in`).
    """
    search = _Search(repository, providers, settled)
    search.wanted.extend(name for spec in specs for name in names_in(spec))
    search.wanted.extend(IMPLICIT)
    while search.wanted:
        search.visit(search.wanted.pop())
    return Closure(frozenset(search.found), frozenset(search.stubs()))


@dataclass
class _Search:
    """found: so far. wanted: names that are still to be looked at, seen: those that were."""

    repository: RecipeTexts
    providers: Mapping[str, tuple[str, ...]]
    settled: FixedChoices
    found: set[str] = field(default_factory=set)
    wanted: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)

    def visit(self, name: str) -> None:
        if name in self.seen:
            return
        self.seen.add(name)
        if name in self.providers:
            self.wanted.extend(self.settled.providers.get(name, self.providers[name]))
        if name not in self.repository.packages:
            return
        self.found.add(name)
        recipe = read_recipe(self.repository.package(name))
        self.importing(recipe)
        for one in self.with_modules(recipe, set()):
            self.mentioned |= one.mentioned
            if name not in self.settled.there:
                self.follow(name, one)

    def stubs(self) -> set[str]:
        """The packages that are mentioned and not found, also by what their own base classes say."""
        stubs: set[str] = set()
        while new := (self.mentioned & set(self.repository.packages)) - self.found - stubs:
            stubs |= new
            for name in sorted(new):
                _own, *bases = self.with_modules(read_recipe(self.repository.package(name)), set())
                self.mentioned |= {one for base in bases for one in base.mentioned}
        return stubs

    def importing(self, recipe: Recipe) -> None:
        """Recipes that are imported must be there, whatever is settled about their packages."""
        for module in recipe.packages:
            name = package_of(module, self.repository.packages)
            if name and name not in self.found:
                self.found.add(name)
                self.importing(read_recipe(self.repository.package(name)))

    def with_modules(self, recipe: Recipe, modules: set[str]) -> Iterator[Recipe]:
        """`recipe` and all that it imports, each as a recipe. modules: those that were given already."""
        yield recipe
        for module in (recipe.packages | recipe.systems) - modules:
            modules.add(module)
            package = package_of(module, self.repository.packages)
            own = module in recipe.packages and package
            text = self.repository.package(package) if own else self.repository.system(module)
            yield from self.with_modules(read_recipe(text), modules)

    def follow(self, name: str, recipe: Recipe) -> None:
        """What `recipe`, of the package `name`, or a module that it imports, depends on."""
        for needed in recipe.dependencies:
            if self.settled.excludes(name, needed.when):
                continue
            if needed.beginning:
                names = (n for n in self.repository.packages if n.startswith(needed.name))
                self.wanted.extend(names)
            self.wanted.append(needed.name)


def package_of(module: str, packages: Collection[str]) -> str:
    """The package whose recipe a module is: py_numpy -> py-numpy, _7zip -> 7zip; "" for none."""
    names = (module.replace("_", "-"), module.lstrip("_").replace("_", "-"), module)
    return next((name for name in names if name in packages), "")


def package_in(folder: str) -> str:
    """The package whose recipe a folder of a repository holds: py_numpy -> py-numpy, _7zip -> 7zip."""
    return folder.removeprefix("_").replace("_", "-")
