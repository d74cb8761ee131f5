"""One environment: what it stands on, its generations, and what an activation makes of it."""
