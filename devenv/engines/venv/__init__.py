"""The embedded engine: needs a package index and, for models, a C++ compiler; nothing else."""
