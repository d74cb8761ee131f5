"""Wheels as externals of Spack."""

from __future__ import annotations

from devenv.core.site import External
from devenv.engines.spack.wheels import Dist, wheel_externals


def test_wheels_become_externals() -> None:
    dists = [Dist("numpy", "2.4.6"), Dist("find_libpython", "0.5.1"), Dist("torch", "2.1+cpu")]
    assert wheel_externals(dists, "/v", "3.11.7") == (
        External("python-venv@1.0", "/v"),
        External("py-find-libpython@0.5.1 %python@3.11.7", "/v"),
        External("py-numpy@2.4.6 %python@3.11.7", "/v"),
        External("py-torch@2.1 %python@3.11.7", "/v"),
    )


def test_neuron_is_no_python_package_and_h5py_has_no_mpi() -> None:
    found = wheel_externals([Dist("NEURON", "9.0.2"), Dist("h5py", "3.16.0")], "/v", "3.11.7")
    assert [one.spec for one in found[1:]] == [
        "neuron@9.0.2+coreneuron+mpi+python~caliper~rx3d",
        "py-h5py@3.16.0~mpi %python@3.11.7",
    ]


def test_neurodamus_itself_is_a_recipe_of_ours() -> None:
    found = wheel_externals([Dist("neurodamus", "4.2.9")], "/v", "3.11.7")
    assert [one.package for one in found] == ["python-venv"]


def test_spack_0_2x_is_told_no_python() -> None:
    found = wheel_externals([Dist("numpy", "2.4.6")], "/v", "3.11.7", release=(0, 21))
    assert [one.spec for one in found] == ["py-numpy@2.4.6"]
