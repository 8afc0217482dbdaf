"""What goes into the wheel: one package, normconf, that holds the folders, whose names are other projects' too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("adapters", "conformance", "reference", "reports")


class Wheel(BuildHookInterface[BuilderConfig]):
    """The front door is the package itself, and beside it in the package lie the folders."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install gets nothing but the path to the checkout: it would otherwise be a copy."""
        if version != "editable":
            build_data["force_include"] |= {part: f"normconf/{part}" for folder in FOLDERS for part in self._of(folder)}
            doors = {"normconf.py": "normconf/__init__.py", "conformance/py.typed": "normconf/py.typed"}
            # found by what reads types; what runs finds it as normconf.py says
            doors["conformance/strategies/__init__.py"] = "normconf/strategies.py"
            build_data["force_include"] |= doors

    def _of(self, folder: str) -> list[str]:
        """The folder's own contents, but for what was built here and what is published in the checkout alone."""
        left_out = ("__pycache__", "published")
        return [f"{folder}/{found.name}" for found in Path(self.root, folder).iterdir() if found.name not in left_out]
