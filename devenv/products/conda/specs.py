"""Converts requirements in recipes and environment files to the form that solvers accept."""

from __future__ import annotations

import re

_RELATION = re.compile(r"(>=|<=|>|<|~=)\s*([^,|\s]*?)\.?\*(?=$|[,|\s])")
_COMPACT = re.compile(r"^(?P<name>[A-Za-z0-9_.:/\-]+?)\s*(?P<rest>[=<>!~].*|\s.*)?$")


def canonical_spec(spec: str) -> str:
    """The spec as ``NAME VERSION BUILD`` with blanks, for strict parsers.

    By conda's rules for match specifications: ``n =*=b`` and ``n=*=b`` are ``n * b``; ``n ==1=b`` is
    ``n ==1 b``; ``n 1.2``, ``n =1.2`` and ``n =1.2.*`` are ``n 1.2.*``; a star after ``>=`` is ignored.
    """
    text = " ".join(spec.split())
    match = _COMPACT.match(text)
    if not match or "[" in text or "${{" in text:
        return text
    name, rest = match["name"], (match["rest"] or "").strip()
    if not rest:
        return name
    version, build = _split(rest)
    version = _version(version, bool(build))
    return " ".join(filter(None, (name, version, build)))


def _split(rest: str) -> tuple[str, str]:
    """(version, build) in the part of a spec after the name."""
    version, _, build = rest.partition(" ")
    if build:
        return (version, build.lstrip("=")) if not re.match(r"[,|]", build) else (rest, "")
    match = re.fullmatch(r"(={0,2}[^=<>!~,|]+)=([^=<>!~,|]+)", version)
    return (match[1], match[2]) if match else (version, "")


def _version(version: str, with_build: bool) -> str:
    version = _RELATION.sub(r"\1\2", version)
    fuzzy = re.fullmatch(r"=([^=,|]+)", version)
    if not fuzzy and re.fullmatch(r"[\w.+]+", version):
        # conda-build adds the missing star.
        return f"=={version}" if with_build else f"{version}.*"
    if not fuzzy:
        return version
    value = fuzzy[1]
    if value.endswith("*"):
        return value
    return f"=={value}" if with_build else f"{value}.*"


def package_name(spec: str) -> str:
    """The package name in a requirement, in lower case; empty for an expression."""
    if spec.lstrip().startswith("${{"):
        return ""
    match = re.match(r"(?:[^\s:]+::)?([A-Za-z0-9_.\-]+)", spec.strip())
    return match[1].lower() if match else ""
