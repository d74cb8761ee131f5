"""Packages that devenv builds: wheels and conda packages."""
