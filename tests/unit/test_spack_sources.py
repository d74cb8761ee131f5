"""Archives of recipes, and where Spack looks for them."""

from __future__ import annotations

import pytest

from devenv.engines.spack.sources import Archive, archive_of, suffix_of

SDIST = """
class PyThing(PythonPackage):
    pypi = "thing-ng/thing_ng-1.0.tar.gz"
    git = "https://example.org/thing.git"

    version("develop", branch="main")
    version("1.1", sha256="bb11")
    version("1.0", sha256="aa00")
"""
WHEEL = """
class PyTool(Package):
    url = "https://example.org/packages/py3/t/tool/tool-1.0-py3-none-any.whl"

    version("2.0", sha256="cc22")

    def url_for_version(self, version):
        url = "https://example.org/{0}"
        return url.format(version)
"""


def test_a_source_release_by_its_project_and_checksum() -> None:
    assert archive_of(SDIST, "1.0") == Archive("thing-ng", "1.0", "aa00")
    assert archive_of(SDIST, "1.1") == Archive("thing-ng", "1.1", "bb11")


def test_a_wheel_where_the_recipe_takes_one() -> None:
    assert archive_of(WHEEL, "2.0") == Archive("tool", "2.0", "cc22", wheel=True)


@pytest.mark.parametrize("version", ["develop", "9.9"])
def test_what_has_no_checksum_comes_from_elsewhere(version: str) -> None:
    assert archive_of(SDIST, version) is None


def test_where_spack_looks() -> None:
    place = Archive("thing", "1.0", "aa00").place("tar.gz")
    assert place == "_source-cache/archive/aa/aa00.tar.gz"
    names = ("x-1.0.tar.gz", "x-1.0.tar.bz2", "x-1.0.zip", "x-1.0-py3-none-any.whl")
    assert [suffix_of(name) for name in names] == ["tar.gz", "tar.bz2", "zip", "whl"]
