"""Conda packages: recipes, packages, channels and uploads."""
