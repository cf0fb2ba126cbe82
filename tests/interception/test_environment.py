"""The variables for clients: what is kept of the user's, and the forms that some programs want."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidmock.interception.environment import client_environment, environment_without_providers, keep_theirs, overridden
from vidmock.interception.java import java_options, sets_proxy_or_trust
from vidmock.providers.exchange.hosts import emulated_hosts

URL = "http://127.0.0.1:9"


def test_java_is_told_who_is_asked_without_the_mock_in_its_own_form() -> None:
    told = java_options("http://[::1]:9", Path("/state/ca.p12"), ["localhost", "::1", ".corp", "db.corp:5432"])
    assert '"-Dhttp.nonProxyHosts=localhost|[::1]|*.corp|db.corp"' in told
    assert '"-Dhttps.proxyHost=::1" "-Dhttps.proxyPort=9"' in told
    assert sets_proxy_or_trust(told)
    assert not sets_proxy_or_trust("-Dmy.http.proxyHost=x -Xmx1g")


def test_what_is_there_already_is_not_added_again() -> None:
    variables = client_environment(URL, Path("/state/ca.pem"), ["fal.run"])
    once = keep_theirs(variables, {"NODE_OPTIONS": "--title=theirs", "JAVA_TOOL_OPTIONS": "-Xmx1g"})
    assert once["JAVA_TOOL_OPTIONS"] == "-Xmx1g" + variables["JAVA_TOOL_OPTIONS"]
    assert once["NODE_OPTIONS"] == variables["NODE_OPTIONS"] + " --title=theirs"
    assert keep_theirs(variables, once) == once


def test_the_hosts_of_fals_client_are_emulated_also_as_its_older_versions_make_them() -> None:
    """fal-client 0.5.9 has no variable for the queue: it is ``queue.`` and the host of synchronous runs."""
    hosts = emulated_hosts()
    variables = client_environment(URL, Path("/state/ca.pem"), hosts)
    run, queue = variables["FAL_RUN_HOST"], variables["FAL_QUEUE_RUN_HOST"]
    assert {run, queue, f"queue.{run}"} <= {*hosts}


def test_what_java_reads_later_does_not_lead_elsewhere() -> None:
    variables = client_environment(URL, Path("/state/ca.pem"), ["fal.run"])
    corp = "-Xmx1g -Dhttps.proxyHost=corp"
    environ = {"_JAVA_OPTIONS": corp, "JDK_JAVA_OPTIONS": "-Xmx1g"}
    once = keep_theirs(variables, environ)
    assert once["_JAVA_OPTIONS"] == corp + variables["JAVA_TOOL_OPTIONS"]
    assert "JDK_JAVA_OPTIONS" not in once
    assert keep_theirs(variables, once) == once
    assert overridden(variables, environ) == ["_JAVA_OPTIONS"]


def test_an_environment_that_leads_here_already_is_not_overridden() -> None:
    variables = client_environment(URL, Path("/state/ca.pem"), ["fal.run"])
    assert overridden(variables, {}) == overridden(variables, {"https_proxy": URL, "ALL_PROXY": ""}) == []
    assert overridden(variables, {"https_proxy": "http://corp"}) == ["https_proxy"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"NO_PROXY": "theirs"}, None),
        ({"https_proxy": "http://corp"}, "eachlabs.ai,"),
        ({"https_proxy": "http://corp", "no_proxy": "theirs"}, "theirs,eachlabs.ai,"),
        ({"https_proxy": "http://corp", "NO_PROXY": "*"}, "*"),
    ],
)
def test_the_users_proxies_are_told_of_providers_only_where_there_are_any(
    environ: dict[str, str], expected: str | None
) -> None:
    found = environment_without_providers("why", environ).get("NO_PROXY")
    assert (found or "")[: len(expected or "")] == (expected or "")
    assert (found is None) == (expected is None)
