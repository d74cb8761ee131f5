"""What makes environments: one package for each engine, which only the registry imports."""
