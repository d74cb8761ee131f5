"""The lines of JSON that --json-events prints."""

from __future__ import annotations

import json
import time

EVENT = "devenv.event/1"
"""Their schema."""


def event_line(event: str, title: str, **more: object) -> str:
    """One line. event: plan, step, end or note; time: seconds since 1970."""
    data = {"schema": EVENT, "event": event, "title": title, "time": round(time.time(), 3)}
    return json.dumps({**data, **more}) + "\n"
