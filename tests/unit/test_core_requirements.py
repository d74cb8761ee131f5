"""Requirements beside the lines of a lock."""

from devenv.core.requirements import satisfies

LINES = ("neuron==9.0.2 \\", "    --hash=sha256:0", "Docopt_NG==0.9.0", "setuptools==80.9.0")
PYTHON = "3.11.7"


def test_what_is_locked_is_asked_for_no_more_where_it_does() -> None:
    """A build after an edit is to need no network."""
    assert satisfies(LINES, ("neuron==9.0.2", "docopt-ng", "setuptools<81"), PYTHON)
    assert not satisfies(LINES, ("neuron==9.0.1",), PYTHON)
    assert not satisfies(LINES, ("setuptools<80",), PYTHON)
    assert not satisfies(LINES, ("jinja2",), PYTHON)
    assert not satisfies(LINES, ("neuron @ file:///n.whl",), PYTHON)
    assert not satisfies(LINES, ("neuron==",), PYTHON)
    assert satisfies(("neuron-nightly==9.1.dev3",), ("neuron-nightly",), PYTHON)


def test_markers_are_for_the_python_of_the_environment() -> None:
    """devenv itself may run on another one."""
    wanted = ("numpy<=2.2.3; python_version<'3.14'", "numpy>=2.3.2; python_version=='3.14'")
    assert satisfies(("numpy==2.2.3",), wanted, "3.11.7")
    assert not satisfies(("numpy==2.2.3",), wanted, "3.14.0")
    assert satisfies(("numpy==2.3.3",), wanted, "3.14.0")
    assert not satisfies((), wanted, "3.13.1")
