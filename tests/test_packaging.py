"""What is built is what is needed, and it works where nothing else of ours is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from vidmock.schema.catalog import models
from vidmock.schema.portable import portable_files

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (built,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")), versions=["standard"])
    return Path(built)


def test_the_wheel_has_one_top_level_package_with_its_data_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"vidmock", f"{wheel.name.rsplit('-', 3)[0]}.dist-info"}
    inside = {name.split("/")[1] for name in names if name.startswith("vidmock/")}
    assert {"schemas", "fixtures", "py.typed", "__init__.py", "server"} <= inside
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name or name.endswith(".pyc")]


def test_every_schema_fixture_and_page_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, kind in (("schemas", "*.json"), ("fixtures", "*.json"), ("docs", "*.md")):
        files = [file for file in (ROOT / folder).rglob(kind) if file.is_file()]
        assert files
        assert {f"vidmock/{file.relative_to(ROOT)}" for file in files} <= names


def test_each_schema_is_in_the_wheel_as_one_file_for_any_validator(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        there = {name: json.loads(archive.read(name)) for name in archive.namelist() if "/schemas/bundles/" in name}
    assert there == {f"vidmock/schemas/bundles/{name}": schema for name, schema in portable_files(models())}


def test_the_metadata_are_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("dist-info/METADATA"))
        text = archive.read(metadata).decode()
        (points,) = (name for name in archive.namelist() if name.endswith("dist-info/entry_points.txt"))
        assert "vidmock = vidmock.__main__:main" in archive.read(points).decode()
    for line in ("Name: vidmock", "License-Expression: MIT", "Requires-Python: >=3.11", "Requires-Dist: starlette"):
        assert line in text


def test_the_sdist_can_be_tested(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "mockserver",
        "schemas",
        "fixtures",
        "docs",
        "tests",
        "README.md",
        "SECURITY.md",
        "LICENSE",
    } <= tops
    assert not tops & {".venv", ".git", "dist"}


def test_the_unpacked_wheel_validates_and_prices_by_itself(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import vidmock; print(vidmock.__file__);"
        "print(len(vidmock.validate('fal', 'fal-ai/kling-video/o1/reference-to-video', {'duration': 7})));"
        "print(vidmock.price('runpod', 'kling-video-o1-r2v', {'prompt': 'x', 'images': ['https://a.example/b.png']}).amount)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
        env=environment,
    )
    place, count, amount = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path)
    assert (count, float(amount)) == ("2", 0.56)
