"""Jobs are found again by a comment, which leaves a user's own in its place."""

from __future__ import annotations

from devenv.core.launch import LaunchRequest, Resources
from devenv.places.slurm import options
from devenv.places.waiting import marked


def test_the_comment_is_unique_and_stands_behind_the_users() -> None:
    plain = LaunchRequest(("true",), 1)
    assert marked(plain).resources.comment != marked(plain).resources.comment
    asked = Resources(extra=("--mem=1G", "--comment=for the audit"))
    made = marked(LaunchRequest(("true",), 1, asked)).resources
    assert made.comment.startswith("for the audit devenv-")
    assert options(made) == (f"--comment={made.comment}", "--mem=1G")
