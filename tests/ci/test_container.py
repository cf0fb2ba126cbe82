"""What of the container can be said without a builder of images; scripts/container-by-builder says the rest."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # it ships without types

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["scripts/container-root", "scripts/container-by-builder", "scripts/container-in-namespaces"]
BUILDER = (ROOT / "scripts" / "container-by-builder").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def example(first: str) -> str:
    """The block of docs/ci.md that begins with the words."""
    blocks = re.findall(r"^```text\n(.*?)^```$", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if block.startswith(first)]
    return str(block)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_are_read_by_their_shell(script: str) -> None:
    shell = shutil.which((ROOT / script).read_text("utf-8").split("\n", 1)[0].split("/")[-1].split()[-1])
    assert shell
    assert subprocess.run([shell, "-n", str(ROOT / script)], capture_output=True, timeout=60).stderr == b""


def test_the_image_is_built_of_all_that_the_wheel_is() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {folder.split("/")[0] for folder in wheel["only-include"]} <= let_in


def test_where_there_is_no_podman_the_line_to_type_is_told(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run(
        [str(ROOT / "scripts" / "container-by-builder"), "--required"],
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "NOT RUN: the container by its builder, for there is no podman: apt-get install podman" in done.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bash", "dirname"]


def test_an_option_that_there_is_not_is_refused() -> None:
    done = subprocess.run(
        [str(ROOT / "scripts" / "container-by-builder"), "--fast"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "the only option is --required\n")


def test_every_image_that_the_examples_take_from_a_registry_is_made_where_none_is() -> None:
    files = [DOCKERFILE, (ROOT / "examples" / "compose" / "app" / "Dockerfile").read_text("utf-8")]
    taken = {name for text in files for name in re.findall(r"^FROM (\S+)", text, re.MULTILINE)} - {"scratch"}
    for name in ("compose", "replicas"):
        services = yaml.safe_load((ROOT / "examples" / name / "compose.yaml").read_text("utf-8"))["services"]
        taken |= {service["image"] for service in services.values() if "image" in service}
    assert set(re.findall(r"docker\.io/library/([\w.-]+:[\w.-]+)", BUILDER)) == taken


@pytest.mark.parametrize(
    "first", ["import requests\nfrom testcontainers", 'import { GenericContainer, Wait } from "testcontainers"']
)
def test_the_blocks_for_testcontainers_ask_for_what_the_image_has(first: str) -> None:
    block = example(first)
    [port] = re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)
    assert set(re.findall(r"\b8\d{3}\b", block)) == {port}
    assert "/_vidmock/health" in block
    assert "/_vidmock/health" in DOCKERFILE
    assert set(re.findall(r"VIDMOCK_\w+", block)) == {
        "VIDMOCK_CLOCK", "VIDMOCK_CONTROL_FROM_ANYWHERE", "VIDMOCK_CONTROL_TOKEN",
    }  # fmt: skip


def test_the_builder_finds_the_blocks_for_testcontainers(tmp_path: Path) -> None:
    definition = re.search(r"^block\(\) .*?; }$", BUILDER, re.DOTALL | re.MULTILINE)
    assert definition
    for words, first in (("from testcontainers", "import requests"), ('from "testcontainers"', "import { Gen")):
        argv = ["bash", "-euc", f'{definition[0]}\nblock "$1"', "bash", words]
        found = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
        assert found == example(first)
