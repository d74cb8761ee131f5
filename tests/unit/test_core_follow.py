"""Paths that follow the generation in use."""

from __future__ import annotations

from devenv.core.delta import EnvironmentDelta, Prepend, Set
from devenv.core.environment import Generation, Overlay
from devenv.core.follow import store_links, through_current

ROOT, CURRENT = "/h/envs/ring/generations/3", "/h/envs/ring/current"
DELTA = EnvironmentDelta(
    (
        Prepend("PATH", "/h/venvs/k1/bin", "o"),
        Prepend("PATH", f"{ROOT}/bin", "o"),
        Prepend("PYTHONPATH", "/h/overlays/o1", "o"),
        Set("OPTIONS", "-nogui -dll /other/models/m1/lib/libnrnmech.so", "o"),
        Set("INIT", f"{ROOT}/rank/m1", "o"),
        Set("OTHER", "/h/envs/ring/generations/31/x", "o"),
        Set("MINE", "/my/models/m1", "o"),
        Set("DEVENV_GENERATION", "3", "o"),
    )
)
GENERATION = Generation(
    "ring", 3, "venv", "/h/venvs/k1/bin/python", "/h/venvs/k1/lib", "/h/neuron/n1/lib", DELTA,
    (Overlay("nd", "/h/overlays/o1", f"{ROOT}/scripts/nd", "/src", ("nd",)),),
)  # fmt: skip


def test_every_entry_has_a_link_by_what_it_is() -> None:
    assert store_links(GENERATION, ("/h", "/other"), ROOT) == {
        "/h/venvs/k1": "packages",
        "/h/neuron/n1": "neuron",
        "/h/overlays/o1": "overlay-nd",
        "/other/models/m1": "model",
        f"{ROOT}/rank/m1": "rank",
    }


def test_paths_lead_through_current() -> None:
    links = store_links(GENERATION, ("/h", "/other"), ROOT)
    found = through_current(GENERATION, links, ROOT, CURRENT)
    assert found.python == f"{CURRENT}/links/packages/bin/python"
    assert [(e.name, getattr(e, "value", "")) for e in found.delta.edits] == [
        ("PATH", f"{CURRENT}/links/packages/bin"),
        ("PATH", f"{CURRENT}/bin"),
        ("PYTHONPATH", f"{CURRENT}/links/overlay-nd"),
        ("OPTIONS", f"-nogui -dll {CURRENT}/links/model/lib/libnrnmech.so"),
        ("INIT", f"{CURRENT}/links/rank"),
        ("OTHER", "/h/envs/ring/generations/31/x"),
        ("MINE", "/my/models/m1"),
    ]
