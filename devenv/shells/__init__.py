"""How an environment reaches a shell: a dialect for each shell, one record that all of them read."""
