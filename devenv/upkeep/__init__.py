"""Brings environments up to date with their sources and files, which several verbs do first."""
