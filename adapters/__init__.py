"""Who is asked: one module per framework, and the worker that runs one of them in its own process."""

from adapters.protocol import BOOTSTRAP, Framework, Stack, Unsupported, discover

__all__ = ["BOOTSTRAP", "Framework", "Stack", "Unsupported", "discover"]
