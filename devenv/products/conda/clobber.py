"""Finds files that two packages both install, and whose file wins. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devenv.core.result import Finding, Severity
from devenv.products.conda.package import CondaPackage
from devenv.products.conda.specs import package_name

_SHOWN = 5


def clobbers(packages: Sequence[CondaPackage], severity: Severity) -> Iterator[Finding]:
    """A finding for each pair of packages with common files. Packages of one name are never installed
    together."""
    order = {one.name: number for number, one in enumerate(installation_order(packages))}
    owners: dict[str, dict[str, CondaPackage]] = {}
    for package in packages:
        for path in package.files or {}:
            owners.setdefault(path, {}).setdefault(package.name, package)
    pairs: dict[tuple[str, str], list[str]] = {}
    for path, names in sorted(owners.items()):
        ranked = sorted(names, key=lambda name: order[name])
        for loser in ranked[:-1]:
            pairs.setdefault((loser, ranked[-1]), []).append(path)
    by_name = {one.name: one for one in packages}
    for (loser, winner), paths in pairs.items():
        yield _finding(by_name[loser], by_name[winner], paths, severity)


def _finding(
    loser: CondaPackage, winner: CondaPackage, paths: list[str], severity: Severity
) -> Finding:
    same = all((loser.files or {})[one] == (winner.files or {})[one] for one in paths)
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    what = f"{loser.title} and {winner.title} both install {', '.join(paths[:_SHOWN])}{more}"
    if same:
        return Finding("conda-clobber", "note", what, "The contents are the same.")
    return Finding(
        "conda-clobber",
        severity,
        what,
        f"{winner.name}'s would stay; {loser.name} would be broken.",
        "Let one of the packages own the file, or let one depend on the other.",
    )


def installation_order(packages: Sequence[CondaPackage]) -> list[CondaPackage]:
    """The packages in the order in which rattler links them: dependencies first, then names in
    descending order. Of two files with one path, the one that is linked last wins.
    """
    by_name = {one.name: one for one in packages}
    needs = {
        name: sorted({package_name(spec) for spec in one.depends} & by_name.keys() - {name})
        for name, one in by_name.items()
    }
    needed = {one for names in needs.values() for one in names}
    ordered: list[CondaPackage] = []
    seen: set[str] = set()
    stack = [(name, False) for name in sorted(by_name.keys() - needed) or sorted(by_name)]
    while stack:
        name, ready = stack.pop()
        if ready:
            ordered.append(by_name[name])
        elif name not in seen:
            seen.add(name)
            stack += [(name, True), *((one, False) for one in needs[name])]
    return ordered + [one for name, one in by_name.items() if name not in seen]
