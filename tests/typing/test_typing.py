"""What a user's type checker says: of an installed wheel, in a project of the user's own, in the strictest mode."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.py"))
PYRIGHT = ROOT / "tests" / "node" / "node_modules" / "pyright" / "index.js"
STRICT = {
    "typeCheckingMode": "strict",
    # Of the two comments beside an error, each checker reads its own.
    "enableTypeIgnoreComments": False,
    "reportUnnecessaryTypeIgnoreComment": "error",
}
SECONDS = 300
"""For one checker; it takes seconds, and on a busy machine a minute."""


@dataclass(frozen=True)
class Project:
    """A user's: some files in *folder*, and an environment whose *python* has vidmock from its wheel.

    What mypy has learnt of the package is in *cache*.
    """

    folder: Path
    python: Path
    package: Path
    cache: Path

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name not in ("MYPYPATH", "PYTHONPATH")}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=SECONDS
        )

    def mypy(self) -> list[str]:
        """The errors that mypy finds."""
        options = ["--strict", "--config-file=", "--cache-dir", str(self.cache), "--no-error-summary"]
        done = self.run(sys.executable, "-m", "mypy", *options, "--python-executable", self.python, ".")
        assert not done.stderr, done.stderr
        return done.stdout.splitlines()

    def pyright(self) -> list[str]:
        """The errors that pyright finds."""
        assert PYRIGHT.is_file(), "run `npm install --no-package-lock` in tests/node first"
        (self.folder / "pyrightconfig.json").write_text(json.dumps(STRICT), "utf-8")
        done = self.run("node", PYRIGHT, "--pythonpath", self.python, "--outputjson")
        said = json.loads(done.stdout)
        assert said["summary"]["filesAnalyzed"] == len(list(self.folder.glob("*.py")))
        return [f"{Path(each['file']).name}: {each['message']}" for each in said["generalDiagnostics"]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The environment, with no project yet."""
    place = tmp_path_factory.mktemp("installed")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(place / "wheel"), versions=["standard"])
    venv.create(place / "environment", with_pip=False)
    paths = sysconfig.get_paths("venv", {"base": str(place / "environment")})
    packages = Path(paths["purelib"])
    zipfile.ZipFile(wheel).extractall(packages)
    # What ours needs is not installed anew, but found where it is.
    (packages / "dependencies.pth").write_text(str(Path(httpx.__file__).parents[1]), "utf-8")
    return Project(place, Path(paths["scripts"]) / "python", packages / "vidmock", place / "cache")


@pytest.fixture
def project(installed: Project, tmp_path: Path) -> Project:
    """An empty project, far from the checkout."""
    return replace(installed, folder=tmp_path)


def test_the_types_are_those_of_the_package_that_is_installed(project: Project) -> None:
    code = "import vidmock; print(vidmock.__path__[0])"
    assert project.run(project.python, "-c", code).stdout.strip() == str(project.package)
    (project.folder / "program.py").write_text("import vidmock\n\nvidmock.MockServr()\n", "utf-8")
    (said,) = project.mypy()
    assert said.startswith('program.py:3: error: Module has no attribute "MockServr"')
    mark = project.package / "py.typed"
    mark.unlink()
    assert "py.typed" in project.mypy()[0]
    mark.touch()


@pytest.mark.parametrize("check", [Project.mypy, Project.pyright], ids=["mypy", "pyright"])
def test_good_uses_pass_and_bad_ones_are_refused(check: Callable[[Project], list[str]], project: Project) -> None:
    for example in EXAMPLES:
        shutil.copy(example, project.folder)
    # The check of the checker: a comment that says that something is wrong which is not.
    comments = "# type: ignore[arg-type]  # pyright: ignore[reportArgumentType]"
    (project.folder / "needless.py").write_text(f"import vidmock\n\nvidmock.MockServer(seed=1)  {comments}\n", "utf-8")
    said, *more = check(project)
    assert not more
    assert re.match("needless.py:.*(unused|unnecessary)", said, re.IGNORECASE)
