"""Engines make an environment exist and say what it contributes."""
