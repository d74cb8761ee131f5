"""Requirements as recipes and environment files write them, in the form that solvers accept."""

from __future__ import annotations

import re

_RELATION = re.compile(r"(>=|<=|>|<|~=)\s*([^,|\s]*?)\.?\*(?=$|[,|\s])")
_COMPACT = re.compile(r"^(?P<name>[A-Za-z0-9_.:/\-]+?)\s*(?P<rest>[=<>!~].*|\s.*)?$")


def canonical_spec(spec: str) -> str:
    """``NAME VERSION BUILD`` with blanks, as strict parsers read it.

    By conda's rules for match specifications: ``n =*=b`` and ``n=*=b`` are ``n * b``; ``n ==1=b`` is
    ``n ==1 b``; ``n 1.2``, ``n =1.2`` and ``n =1.2.*`` are ``n 1.2.*``; a star
    behind ``>=`` means nothing.
    """
    text = " ".join(spec.split())
    found = _COMPACT.match(text)
    if not found or "[" in text or "${{" in text:
        return text
    name, rest = found["name"], (found["rest"] or "").strip()
    if not rest:
        return name
    version, build = _split(rest)
    version = _version(version, bool(build))
    return " ".join(filter(None, (name, version, build)))


def _split(rest: str) -> tuple[str, str]:
    """The version and the build of what stands behind the name."""
    version, _, build = rest.partition(" ")
    if build:
        return (version, build.lstrip("=")) if not re.match(r"[,|]", build) else (rest, "")
    found = re.fullmatch(r"(={0,2}[^=<>!~,|]+)=([^=<>!~,|]+)", version)
    return (found[1], found[2]) if found else (version, "")


def _version(version: str, with_build: bool) -> str:
    version = _RELATION.sub(r"\1\2", version)
    fuzzy = re.fullmatch(r"=([^=,|]+)", version)
    if not fuzzy and re.fullmatch(r"[\w.+]+", version):
        # conda-build adds the star that people leave out.
        return f"=={version}" if with_build else f"{version}.*"
    if not fuzzy:
        return version
    value = fuzzy[1]
    if value.endswith("*"):
        return value
    return f"=={value}" if with_build else f"{value}.*"


def package_name(spec: str) -> str:
    """The name that a requirement is about, in lower case; empty for an expression."""
    if spec.lstrip().startswith("${{"):
        return ""
    found = re.match(r"(?:[^\s:]+::)?([A-Za-z0-9_.\-]+)", spec.strip())
    return found[1].lower() if found else ""
