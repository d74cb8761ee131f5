"""Everything that happens to what devenv makes and keeps, whatever kind it is of."""
