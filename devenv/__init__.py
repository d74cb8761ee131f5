"""devenv: environments for people who develop compiled scientific simulators."""

__version__ = "0.1.0"
