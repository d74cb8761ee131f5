"""The engines, which make environments: one package each. Only the registry imports them."""
