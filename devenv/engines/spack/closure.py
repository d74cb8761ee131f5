"""The part of a package repository that a concretization can need.

Spack considers every possible dependency: with the 8,600 recipes of its own repository, some 500
packages for the smallest spec, since each virtual has many providers with dependencies of their own. The
externals of the machine and the configuration exclude most of them. The closure is the rest. With it in
place of the whole repository, Spack finds the same specs (DAG hashes) in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from devenv.engines.spack.recipe import Recipe, contradicts, names_in, read_recipe

# Spack adds these to a spec itself, with a compiler, or looks them up by name.
IMPLICIT = ("compiler-wrapper", "gcc-runtime", "glibc", "gcc", "gnuconfig", "python-venv")


@dataclass(frozen=True)
class RecipeTexts:
    """The texts of one Spack package repository, or of several combined.

    packages: names of the packages. package, system: return the text of a package's recipe, and of a
    build system module ("" if it does not exist).
    """

    packages: Collection[str]
    package: Callable[[str], str]
    system: Callable[[str], str]


@dataclass(frozen=True)
class FixedChoices:
    """Choices that the configuration and the specs determine.

    externals: packages that are not built, so that their dependencies do not matter. providers: virtual
    -> the only packages that may provide it. variants: package -> its variants in Spack's syntax; "" ->
    the platform, for all packages.
    """

    externals: frozenset[str] = frozenset()
    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)

    def excludes(self, package: str, when: str) -> bool:
        """Whether the condition `when` of a dependency of `package` cannot hold."""
        variants = f"{self.variants.get(package, '')} {self.variants.get('', '')}"
        return contradicts(when, variants)


def providers_in(repository: RecipeTexts) -> dict[str, tuple[str, ...]]:
    """Virtual -> its providers among all recipes. Takes 1-2 s for Spack's own repository."""
    providers: dict[str, list[str]] = {}
    for name in sorted(repository.packages):
        text = repository.package(name)
        if "provides(" in text:
            for virtual in read_recipe(text).provides:
                providers.setdefault(virtual, []).append(name)
    return {virtual: tuple(names) for virtual, names in sorted(providers.items())}


@dataclass(frozen=True)
class Closure:
    """The packages that are needed: whole recipes, and stubs that Spack only looks up."""

    whole: frozenset[str]
    stubs: frozenset[str]


def closure(
    specs: Iterable[str],
    repository: RecipeTexts,
    providers: Mapping[str, tuple[str, ...]],
    choices: FixedChoices,
) -> Closure:
    """The packages of `repository` that concretizing `specs` may need.

    providers: of all virtuals (from `providers_in`).
    """
    search = _Search(repository, providers, choices)
    search.queue.extend(name for spec in specs for name in names_in(spec))
    search.queue.extend(IMPLICIT)
    while search.queue:
        search.visit(search.queue.pop())
    return Closure(frozenset(search.packages), frozenset(search.stubs()))


@dataclass
class _Search:
    """packages: found so far. queue: names still to visit. seen: names visited."""

    repository: RecipeTexts
    providers: Mapping[str, tuple[str, ...]]
    choices: FixedChoices
    packages: set[str] = field(default_factory=set)
    queue: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)

    def visit(self, name: str) -> None:
        if name in self.seen:
            return
        self.seen.add(name)
        if name in self.providers:
            self.queue.extend(self.choices.providers.get(name, self.providers[name]))
        if name not in self.repository.packages:
            return
        self.packages.add(name)
        recipe = read_recipe(self.repository.package(name))
        self.importing(recipe)
        for one in self.with_modules(recipe, set()):
            self.mentioned |= one.mentioned
            if name not in self.choices.externals:
                self.follow(name, one)

    def stubs(self) -> set[str]:
        """The packages that are mentioned, also by their own base classes, but not needed whole."""
        stubs: set[str] = set()
        while new := (self.mentioned & set(self.repository.packages)) - self.packages - stubs:
            stubs |= new
            for name in sorted(new):
                _own, *bases = self.with_modules(read_recipe(self.repository.package(name)), set())
                self.mentioned |= {one for base in bases for one in base.mentioned}
        return stubs

    def importing(self, recipe: Recipe) -> None:
        """Add the recipes that `recipe` imports: they must exist even if their package is external."""
        for module in recipe.packages:
            name = package_of(module, self.repository.packages)
            if name and name not in self.packages:
                self.packages.add(name)
                self.importing(read_recipe(self.repository.package(name)))

    def with_modules(self, recipe: Recipe, modules: set[str]) -> Iterator[Recipe]:
        """`recipe` and each module that it imports, as recipes. modules: those already visited."""
        yield recipe
        for module in (recipe.packages | recipe.systems) - modules:
            modules.add(module)
            package = package_of(module, self.repository.packages)
            own = module in recipe.packages and package
            text = self.repository.package(package) if own else self.repository.system(module)
            yield from self.with_modules(read_recipe(text), modules)

    def follow(self, name: str, recipe: Recipe) -> None:
        """Queue the dependencies of `recipe`, which is that of the package `name` or a module of it."""
        for needed in recipe.dependencies:
            if self.choices.excludes(name, needed.when):
                continue
            if needed.beginning:
                names = (n for n in self.repository.packages if n.startswith(needed.name))
                self.queue.extend(names)
            self.queue.append(needed.name)


def package_of(module: str, packages: Collection[str]) -> str:
    """The package of a recipe's module: py_numpy -> py-numpy, _7zip -> 7zip; "" for none."""
    names = (module.replace("_", "-"), module.lstrip("_").replace("_", "-"), module)
    return next((name for name in names if name in packages), "")


def package_in(folder: str) -> str:
    """The package of a recipe's folder in a repository: py_numpy -> py-numpy, _7zip -> 7zip."""
    return folder.removeprefix("_").replace("_", "-")
