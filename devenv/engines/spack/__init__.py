"""The Spack engine: real Spack, driven by its executable and never imported.

Everything here is pure: which Spack, what it is called with, what its files say, and what an
activation takes from what it built. Effects are `devenv.system`'s, the order of things the workflows'.
"""
