"""Activation code: a dialect for each shell, and a record of changes that all of them can read."""
