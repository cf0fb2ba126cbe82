"""The files that run several replicas satisfy the schemas of who reads them, and fit each other and the program."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it ships without types
import pytest
import yaml  # type: ignore[import-untyped] # it ships without types
from tests.state.replica_process import ROOT

from vidmock.cli import actions_of, serve
from vidmock.cli.variables import variable_of

FOLDER = ROOT / "examples" / "replicas"
VERSIONS = ("1.27.0", "1.31.0", "1.33.0")
"""Of Kubernetes: an old one that is still found, and newer ones."""


@pytest.fixture(scope="module")
def manifest() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text("utf-8")))


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8")))


def of_kind(manifest: list[dict[str, Any]], kind: str, name: str = "vidmock") -> dict[str, Any]:
    return next(one for one in manifest if (one["kind"], one["metadata"]["name"]) == (kind, name))


def pod_of(manifest: list[dict[str, Any]], kind: str, name: str = "vidmock") -> Any:
    return of_kind(manifest, kind, name)["spec"]["template"]["spec"]


def is_right(document: Mapping[str, Any], version: str) -> bool:
    with warnings.catch_warnings():
        # It looks for its schemas in a way that a newer Python does not like.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError:
            return False
    return True


@pytest.mark.parametrize("version", VERSIONS)
def test_each_object_is_one_of_kubernetes(manifest: list[dict[str, Any]], version: str) -> None:
    assert [one["kind"] for one in manifest if not is_right(one, version)] == []
    wrong = json.loads(json.dumps(of_kind(manifest, "Deployment")).replace('"readinessProbe"', '"readyProbe"'))
    assert not is_right(wrong, version)


def test_what_belongs_together_has_one_label(manifest: list[dict[str, Any]]) -> None:
    for kind, name in (("Deployment", "vidmock"), ("StatefulSet", "vidmock-redis")):
        spec = of_kind(manifest, kind, name)["spec"]
        labels = spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"] == labels
        assert of_kind(manifest, "Service", name)["spec"]["selector"] == labels
    replicas = of_kind(manifest, "Deployment")["spec"]
    [spread] = replicas["template"]["spec"]["topologySpreadConstraints"]
    budget = of_kind(manifest, "PodDisruptionBudget")["spec"]
    assert spread["labelSelector"] == budget["selector"] == replicas["selector"]
    assert 0 < budget["minAvailable"] < replicas["replicas"]
    assert of_kind(manifest, "StatefulSet", "vidmock-redis")["spec"]["serviceName"] == "vidmock-redis"


def test_each_port_and_volume_that_is_named_is_there(manifest: list[dict[str, Any]]) -> None:
    for kind, name in (("Deployment", "vidmock"), ("StatefulSet", "vidmock-redis")):
        pod = pod_of(manifest, kind, name)
        [container] = pod["containers"]
        there = {port["name"] for port in container["ports"]}
        probes = [probe for what, probe in container.items() if what.endswith("Probe")]
        asked = {probe[how]["port"] for probe in probes for how in ("httpGet", "tcpSocket") if how in probe}
        asked |= {port["targetPort"] for port in of_kind(manifest, "Service", name)["spec"]["ports"]}
        assert asked <= there
        claims = of_kind(manifest, kind, name)["spec"].get("volumeClaimTemplates", [])
        volumes = {volume["name"] for volume in pod.get("volumes", [])} | {one["metadata"]["name"] for one in claims}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def environments(manifest: list[dict[str, Any]], composed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    [container] = pod_of(manifest, "Deployment")["containers"]
    yield {one["name"]: one.get("value") for one in container["env"] if one["name"] != "POD_IP"}
    for name in ("one", "two", "three"):
        yield composed["services"][name]["environment"]


def test_each_variable_of_a_replica_is_an_option_of_serve(
    manifest: list[dict[str, Any]], composed: dict[str, Any]
) -> None:
    parser = argparse.ArgumentParser()
    serve.add_options(parser)
    known = {variable_of(option) for action in actions_of(parser) for option in action.option_strings}
    for environment in environments(manifest, composed):
        assert environment.keys() <= known | {"VIDMOCK_STATE"}
        assert re.fullmatch(r"redis://[\w-]+:6379/0", environment["VIDMOCK_STATE_FILE"])


def test_both_keep_all_that_redis_is_given(manifest: list[dict[str, Any]], composed: dict[str, Any]) -> None:
    [container] = pod_of(manifest, "StatefulSet", "vidmock-redis")["containers"]
    assert container["args"] == composed["services"]["redis"]["command"]
    right = dict(zip(container["args"][::2], container["args"][1::2], strict=True))
    kept = (right["--appendonly"], right["--appendfsync"], right["--maxmemory-policy"])
    assert kept == ("yes", "always", "noeviction")


def test_the_compose_file_is_one() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_balancer_is_told_where_each_replica_is(composed: dict[str, Any]) -> None:
    services = composed["services"]
    environment = services["haproxy"]["environment"]
    asked = {*re.findall(r'"\$\{(\w+)\}"', (FOLDER / "haproxy.cfg").read_text("utf-8"))}
    assert asked == {*environment}
    for name in ("one", "two", "three"):
        url = services[name]["environment"]["VIDMOCK_REPLICA_URL"]
        assert url == f"http://{environment[f'VIDMOCK_{name.upper()}']}" == f"http://{name}:8787"
        options = services[name]["environment"].items() - {("VIDMOCK_REPLICA_URL", url)}
        assert options == services["one"]["environment"].items() - {("VIDMOCK_REPLICA_URL", "http://one:8787")}
    assert "127.0.0.1:8787:8787" in services["haproxy"]["ports"]


def test_the_image_can_be_a_replica() -> None:
    assert "'/src[redis]'" in (ROOT / "Dockerfile").read_text("utf-8")
