"""What is installed again, judged without Spack: what packages need, and when they were made."""

from __future__ import annotations

from devenv.engines.spack.failure import reason
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.engines.spack.outdated import developed, outdated


def node(name: str, *needs: str, dev: str = "", external: str = "") -> ConcreteSpec:
    return ConcreteSpec(name, "1", name, {}, dict.fromkeys(needs, ("link",)), external, dev)


LOCK = SpackLock(
    {
        one.hash: one
        for one in (
            node("model", "core", "neuron"),
            node("core", "python", dev="/src/core"),
            node("neuron", "python"),
            node("python", external="/usr"),
        )
    },
    (("model", "model"),),
)


def names(installed: dict[str, int | None], *stale: str) -> set[str]:
    return {one.name for one in outdated(LOCK, installed, stale)}


def test_what_stands_on_a_dev_source() -> None:
    assert {one.name for one in developed(LOCK)} == {"model", "core"}


def test_all_is_as_it_is_to_be() -> None:
    assert names({"core": 1, "model": 2, "neuron": 9, "python": 9}) == set()


def test_what_is_older_than_what_it_stands_on() -> None:
    assert names({"core": 3, "model": 2, "neuron": 1}) == {"model"}


def test_what_is_not_whole_and_what_stands_on_that() -> None:
    assert names({"core": None, "model": 2, "neuron": 1}) == {"core", "model"}
    assert names({"core": 1, "model": 2, "neuron": None}) == {"neuron"}


def test_what_is_made_of_something_else() -> None:
    assert names({"core": 1, "model": 2, "neuron": 1}, "model") == {"model"}
    assert names({"core": 1, "model": 2, "neuron": 1}, "core") == {"core", "model"}


def test_what_is_not_installed_here_is_not_ours_to_install_again() -> None:
    assert names({"core": 1, "model": 2}, "neuron") == set()


def test_an_error_of_spacks_that_says_nothing() -> None:
    found = reason("[+] /usr (external gcc)\n==> Error: \n", "spack.yaml")
    assert found.what.startswith("Spack failed:")
