"""What JAX has compiled is kept, for other workers and for this one when it is started again."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

# all of it: what compiles fast is compiled most
SETTINGS = {"jax_persistent_cache_min_compile_time_secs": 0, "jax_persistent_cache_min_entry_size_bytes": -1}


def keep(folder: str) -> None:
    """What JAX compiles from now on is kept in a folder, if JAX runs here, and has such settings."""
    jax: Any = sys.modules.get("jax")
    if jax is not None:
        with contextlib.suppress(AttributeError):  # an older one
            for name, value in {**SETTINGS, "jax_compilation_cache_dir": folder}.items():
                jax.config.update(name, value)
