"""devenv: environments for people who develop compiled scientific simulators."""

__version__ = "0.1.0"

DISTRIBUTION = "simdevenv"
"""The name on a package index, where `devenv` is another project."""
