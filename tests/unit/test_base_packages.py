"""What of a base need not be installed again."""

from __future__ import annotations

import pytest

from devenv.core.errors import UsageError
from devenv.environment.base import NEURONS, BasePackages, check_neuron, provided_by

BASE = BasePackages(
    {"numpy": "1.26.4", "h5py": "3.1", "zipp": "1"}, frozenset({"libsonata", "numpy"})
)


def test_what_the_base_has_as_it_is_required_is_not_installed() -> None:
    wanted = ("numpy>=1.20", "libsonata", "docopt")
    assert set(provided_by(BASE, wanted)) == {"numpy", "libsonata", "h5py", "zipp", *NEURONS}


def test_what_it_has_too_old_is_installed() -> None:
    assert "numpy" not in provided_by(BASE, ("numpy>=1.20", "Numpy>=2"))
    assert "numpy" in provided_by(BASE, ("numpy>=1.20", "Numpy<2"))


def test_neuron_is_never_installed_over_the_base_s() -> None:
    assert set(NEURONS) <= set(provided_by(BasePackages({"neuron": "8.0"}), ("neuron>=9",)))


def test_a_pre_release_of_the_site_s_will_do() -> None:
    assert "h5py" in provided_by(BasePackages({"h5py": "3.9.0.dev1+site"}), ("h5py>=3",))


def test_a_requirement_that_the_base_s_neuron_does_not_meet() -> None:
    base = BasePackages({"neuron": "8.2.7"})
    check_neuron(base, ("neuron<9", "numpy"))
    check_neuron(BasePackages({}, frozenset({"neuron"})), ("neuron>=9",))
    with pytest.raises(UsageError, match=r"8\.2\.7, and NEURON>=9 is required"):
        check_neuron(base, ("NEURON>=9",))
