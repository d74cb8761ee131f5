"""Keeps environments what their sources and files ask for; several verbs start with it."""
