"""The test files that begin first, longest first: seconds of a whole run with empty caches.

Were one of them the last, a worker would wait for it with nothing to do. Files that share a built home
with others are not listed, except for those that leave it as it was.
"""

from __future__ import annotations

LONGEST = (
    "test_published_models",  # 793
    "test_pages",  # 409
    "test_dry_run",  # 268
    "test_conda_hnn",  # 238
    "test_spack_versions",  # 227
    "test_sources_disasters",  # 214
    "test_model_variants",  # 157
    "test_wheel_image",  # 154
    "test_wheel_build",  # 147
    "test_conda_host",  # 118
    "test_wheel_release",  # 92
    "test_model_options",  # 80
    "test_wheel_test",  # 79
    "test_conda_published",  # 55
    "test_store_races",  # 54
    "test_conda_neuron",  # 46
)
