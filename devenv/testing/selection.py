"""Which tests are meant: a dev source's own tox environment, a profile, or what pytest finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import UsageError
from devenv.core.names import did_you_mean, normalise_name, unknown
from devenv.core.template import Profile, Template
from devenv.environment.named_models import model_name
from devenv.sources.described import of_source
from devenv.testing.own import own_environments
from devenv.testing.plain import PLAIN, plain_profile


@dataclass(frozen=True)
class TestRequest:
    """What was typed; empty: not given. tests: a tox environment of the package's own, else a profile;
    profile: a profile, whatever environments there are. neuron: another distribution of NEURON to
    test with. model: a further one, by its name or its variants.
    """

    tests: str = ""
    profile: str = ""
    package: str = ""
    ranks: int = 0
    neuron: str = ""
    no_build: bool = False
    model: str = ""
    arguments: tuple[str, ...] = ()

    __test__ = False  # for pytest: a name, no test


@dataclass(frozen=True)
class Tests:
    """What is to be run: `profile`, or where it is None the package's own tox environment `name`.

    plain: there is neither, and pytest finds the tests.
    """

    name: str
    source: DevSource | None
    profile: Profile | None = None
    plain: bool = False

    __test__ = False


def select_tests(
    context: Context, environment: Environment, template: Template, request: TestRequest
) -> Tests:
    """The requested tests; UsageError, with what there is, where that is missing or ambiguous."""
    if request.profile:
        return _profile(environment, template, request)
    wanted = request.tests
    profiles = _profiles(template, request.package)
    named = profiles.get(wanted)
    source = tested_source(environment, request.package, named.package if named else "")
    own = own_environments(context, source) if source else ()
    if source and wanted in own:
        if named:
            context.say(
                f"note: {wanted} is {source.package}'s own tox environment;"
                f" for the template's profile: devenv test --profile {wanted}"
            )
        return Tests(wanted, source)
    if not wanted and len(profiles) == 1:
        wanted = next(iter(profiles))
    if wanted in profiles:
        return _of_profile(environment, wanted, profiles[wanted])
    if source and not own and wanted in ("", PLAIN):
        return Tests(PLAIN, source, plain_profile(source), plain=True)
    raise UsageError(
        f"neither a tox environment nor a profile: {wanted!r}"
        if wanted
        else "which tests? Name them with -e",
        fix=did_you_mean(wanted, [*profiles, *own]),
    )


def _profile(environment: Environment, template: Template, request: TestRequest) -> Tests:
    if request.tests:
        raise UsageError(
            f"-e {request.tests} and --profile {request.profile}: give one of them, not both",
            fix="-e takes a tox environment of the package's own first, --profile a profile alone.",
        )
    profiles = _profiles(template, request.package)
    if request.profile not in profiles:
        raise unknown("profile", request.profile, profiles)
    return _of_profile(environment, request.profile, profiles[request.profile])


def _of_profile(environment: Environment, name: str, profile: Profile) -> Tests:
    source = next((s for s in environment.develop if s.package == profile.package), None)
    return Tests(name, source, profile)


def with_own_profiles(template: Template, environment: Environment) -> Template:
    """The template with the profiles in [tool.devenv] of the dev sources; its own win."""
    found: dict[str, Profile] = {}
    for source in environment.develop:
        own = of_source(Path(source.path))
        found |= own.tests if own else {}
    return replace(template, tests={**found, **template.tests})


def _profiles(template: Template, package: str) -> dict[str, Profile]:
    """The template's; those of a package alone where one was named."""
    wanted = normalise_name(package)
    return {n: p for n, p in template.tests.items() if not wanted or p.package == wanted}


def model_variants(environment: Environment, template: Template, model: str) -> str:
    """Those in which the requested model differs from the environment's own."""
    name = model_name(environment, template, model)
    return next((one.variants for one in environment.further if one.name == name), "")


def tested_source(environment: Environment, package: str, of_profile: str = "") -> DevSource | None:
    """The dev source that is tested; None where none is developed, or which is not clear."""
    wanted = normalise_name(package) if package else of_profile
    sources = [s for s in environment.develop if not wanted or s.package == wanted]
    if package and not sources:
        raise unknown("dev source", package, [s.package for s in environment.develop])
    return sources[0] if len(sources) == 1 else None
