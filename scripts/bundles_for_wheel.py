"""Puts each schema into the wheel as one file that needs nothing else: vidmock/schemas/bundles/."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg] # hatchling finds the class by its base
    """Makes the files with the package's own code, which needs no other package for that."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        sys.path.insert(0, str(Path(self.root) / "mockserver"))
        try:
            from vidmock.schema.catalog import models
            from vidmock.schema.portable import portable_files
        finally:
            del sys.path[0]
        self._made = TemporaryDirectory()
        for name, schema in portable_files(models()):
            file = Path(self._made.name) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
            build_data["force_include"][str(file)] = f"vidmock/schemas/bundles/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version == "standard":
            self._made.cleanup()
