"""SPDX names of licences."""

from __future__ import annotations

import re

_NAMES = {
    "apache": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache-license-2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd-3": "BSD-3-Clause",
    "gpl-2": "GPL-2.0-only",
    "gpl-3": "GPL-3.0-only",
    "lgpl-3": "LGPL-3.0-only",
    "psf": "PSF-2.0",
    "public-domain": "LicenseRef-Public-Domain",
}


def spdx(name: str) -> str:
    """The SPDX expression for the licence in a recipe; LicenseRef-… if there is none."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    dashed = re.sub(r"[^A-Za-z0-9.+]+", "-", name.strip()).strip("-")
    for candidate in filter(None, (name.strip(), _NAMES.get(dashed.lower()), dashed)):
        try:
            return str(canonicalize_license_expression(candidate))
        except InvalidLicenseExpression:
            continue
    return f"LicenseRef-{dashed.replace('+', '-plus')}" if dashed else ""
