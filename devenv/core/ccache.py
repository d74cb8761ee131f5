"""What every use of ccache has in common."""

from __future__ import annotations

NO_DIRECT_MODE = {"CCACHE_NODIRECT": "1"}
"""A variable for ccache, so that it always runs the preprocessor.

Its direct mode knows an object by the headers that were there. One that appears, and that the compiler
would now find first or `__has_include` ask for, does not count (ccache's manual, "The direct mode").
"""
