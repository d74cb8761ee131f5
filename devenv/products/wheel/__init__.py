"""Inspects, checks, repairs, compares and builds wheels."""
