"""Wheels: looked at, judged, repaired and compared."""
