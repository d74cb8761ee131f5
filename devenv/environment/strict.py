"""Whether an incomplete model is refused, or built with a note."""

from __future__ import annotations

from collections.abc import Iterable

from devenv.config.context import Context
from devenv.core.errors import UnreachableError

_NO = ("", "0", "false", "no", "off")


def require_complete(context: Context, missing: Iterable[str], strict: bool | None) -> None:
    """UnreachableError where something is missing and `strict` is asked for.

    strict: None where nothing was said: then it is strict where CI is set, as all CI services set it,
    since nobody reads a note there.
    """
    if strict is None:
        strict = context.environ.get("CI", "").lower() not in _NO
    for one in missing if strict else ():
        raise UnreachableError(
            one, fix="Try again when it can be reached; or accept it as it is: --no-strict"
        )
