"""Conda packages: recipes, packages, channels, and what is uploaded."""
