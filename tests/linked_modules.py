"""The packages of npm as a user's project has them: those that the tests install, and the helper of ours."""

from __future__ import annotations

from pathlib import Path

TOP = Path(__file__).parents[1]
INSTALLED = TOP / "tests" / "node" / "node_modules"


def link_modules(project: Path) -> None:
    """Make ``node_modules`` in *project*: a module's imports are looked up from the folder that it is in."""
    modules = project / "node_modules"
    modules.mkdir()
    for entry in INSTALLED.iterdir():
        (modules / entry.name).symlink_to(entry)
    if not (modules / "vidmock-node").exists():
        (modules / "vidmock-node").symlink_to(TOP / "clients" / "js")
