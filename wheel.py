"""What goes into the wheel: one package, normconf, that holds the folders, whose names are other projects' too."""

from __future__ import annotations

from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("adapters", "conformance", "reference", "reports")


class Wheel(BuildHookInterface[BuilderConfig]):
    """The front door is the package itself, and beside it in the package lie the folders."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install gets nothing but the path to the checkout: it would otherwise be a copy."""
        if version != "editable":
            build_data["force_include"] |= {folder: f"normconf/{folder}" for folder in FOLDERS}
            doors = {"normconf.py": "normconf/__init__.py", "conformance/py.typed": "normconf/py.typed"}
            build_data["force_include"] |= doors
