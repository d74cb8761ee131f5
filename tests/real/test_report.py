"""The report that a command leaves: of a real build, and in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, chromium
from project import NEURON, Project
from support import Devenv

from devenv.core.report import Report
from devenv.core.trace import StepRecord
from devenv.store.reports import html

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def project(
    make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    made = Project(make_devenv("report"), tmp_path_factory.mktemp("report"))
    made.write({"devenv.yaml": f"{NEURON}model:\n  mods: [{{path: mod}}]\n"})
    for name in ("one", "two"):
        made.add_mod(f"mod/{name}.mod")
    made("allow")
    made("build")
    return made


def newest(project: Project) -> dict[str, Any]:
    where = json.loads(project("report", "--json"))
    data: dict[str, Any] = json.loads(Path(where["data"]).read_text())
    return {**data, "page": Path(where["page"]).as_uri()}


def states(report: dict[str, Any]) -> dict[str, str]:
    return {one["title"]: one["state"] for one in report["products"]}


def test_what_a_build_makes_and_what_it_finds(project: Project) -> None:
    project.add_mod("mod/two.mod", 0.002)
    project("build")
    report = newest(project)
    assert report["command"] == "devenv build"
    assert report["code"] == 0
    found = states(report)
    assert (found["mechanism one"], found["mechanism two"], found["model"]) == (
        "cached",
        "made",
        "made",
    )
    assert found["NEURON"] == "cached"
    titles = [step["title"] for step in report["steps"]]
    assert "compile two.mod" in titles
    assert "compile one.mod" not in titles
    assert all(report["begin"] <= s["begin"] <= s["end"] <= report["end"] for s in report["steps"])
    (model,) = (one for one in report["products"] if one["title"] == "model")
    assert any("two.mod" in change for change in model["changes"])
    assert model["size"] > 10_000
    compiled = next(step for step in report["steps"] if step["title"] == "compile two.mod")
    assert report["logs"][compiled["log"]].startswith("$ ")


def test_the_graph_shows_what_each_product_was_made_from(
    project: Project, browser: Browser
) -> None:
    project.add_mod("mod/two.mod", 0.004)
    project("build")
    with browser.page(newest(project)["page"]) as page:
        boxes = page.locator("g[id^='product:']").evaluate_all("all => all.map(one => one.id)")
        lines = page.locator("div[aria-label^='Graph'] path").count()
    titles = sorted(box.removeprefix("product:").rpartition(" ")[0] for box in boxes)
    assert titles == ["NEURON", "mechanism one", "mechanism two", "model", "the packages"]
    # The packages stand on NEURON, the mechanisms on NEURON, the model on all of them.
    assert lines >= 4
    browser.check(newest(project)["page"])


def test_a_build_with_nothing_to_do_leaves_none(project: Project) -> None:
    before = newest(project)["page"]
    project("build")
    assert newest(project)["page"] == before


def test_a_build_that_fails_says_why(project: Project, browser: Browser) -> None:
    good = (project.folder / "mod/two.mod").read_text()
    project.write({"mod/two.mod": good.replace("BREAKPOINT", "BREAKPOINTX")})
    project("build", code=None)
    project.write({"mod/two.mod": good})
    report = newest(project)
    assert report["code"] == 4
    assert "Illegal block" in report["error"]
    assert states(report)["mechanism two"] == "missing"
    assert [s["state"] for s in report["steps"]].count("failed") == 1
    browser.check(report["page"])
    with browser.page(report["page"]) as page:
        assert "Illegal block" in page.locator("details[open] pre").last.inner_text()


def test_a_log_is_a_click_away(project: Project, browser: Browser) -> None:
    project.add_mod("mod/two.mod", 0.003)
    project("build")
    with browser.page(newest(project)["page"]) as page:
        bar = page.locator("rect", has=page.locator("title", has_text="compile two.mod")).first
        bar.click(force=True)
        step = page.locator("details.step[open]")
        assert step.count() == 1
        assert step.locator("pre").last.inner_text().startswith("$ ")
        page.fill("#filter", "no such step")
        assert page.locator("details.step:visible").count() == 0
    browser.check(newest(project)["page"])


def test_prune_removes_reports(project: Project) -> None:
    assert newest(project)
    project("prune")
    assert "no report" in project("report", code=2)


def test_five_thousand_steps(browser: Browser, tmp_path: Path) -> None:
    steps = tuple(
        StepRecord(f"compile {n}.mod", "cc", f"/log/{n % 50}", n / 8, n / 8 + 1)
        for n in range(5000)
    )
    logs = {f"/log/{n}": "a line\n" * 500 for n in range(50)}
    path = tmp_path / "report.html"
    report = Report("devenv build", "/", "1", 0.0, 630.0, 8, steps=steps, logs=logs)
    path.write_text(html(report))
    began = time.monotonic()
    with browser.page(path.as_uri()) as page:
        page.fill("#filter", "compile 4321.mod")
        assert page.locator("details.step:visible").count() == 1
        page.locator('rect[data-step="4999"]').dispatch_event("click")
        assert page.locator("#step-4999").get_attribute("open") is not None
        assert len(page.pdf()) > 10_000
    # A generous limit: a page that is drawn anew for each step takes minutes.
    assert time.monotonic() - began < 60
    assert path.stat().st_size < 5_000_000
