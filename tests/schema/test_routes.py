"""The files under schemas/routes: their form, and that what they name is there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from vidmock import resources, strict_json
from vidmock.problems import UnknownProvider
from vidmock.schema import catalog
from vidmock.schema.behaviours import find_behaviour
from vidmock.schema.routes import Check, KeyUse, provider_routes

TOP = resources.folder("schemas")
FILES = sorted((TOP / "routes").glob("*.json"))
META_FILE = strict_json.loads((TOP / "meta" / "routes.json").read_bytes())
META = Draft202012Validator(META_FILE)


def content(file: Path) -> Any:
    return strict_json.loads(file.read_bytes())


def test_every_provider_has_its_routes() -> None:
    assert [file.stem for file in FILES] == [*catalog.providers()] == [content(file)["provider"] for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_a_file_satisfies_the_meta_schema(file: Path) -> None:
    assert [f"{error.json_path}: {error.message}" for error in META.iter_errors(content(file))] == []


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "no order": lambda page: page.pop("order"),
    "a check that is none": lambda page: page["order"][0].update(check="weather"),
    "a check without evidence": lambda page: page["order"][0].update(evidence=[]),
    "no refusal of methods": lambda page: page["otherwise"].pop(),
    "a refusal with 200": lambda page: page["otherwise"][0].update(status=200),
    "a surface without hosts": lambda page: page["surfaces"][0].update(hosts=[]),
    "a surface without routes": lambda page: page["surfaces"][0].update(routes=[]),
    "a route without methods": lambda page: page["surfaces"][0]["routes"][0].update(methods=[]),
    "a method that is none": lambda page: page["surfaces"][0]["routes"][0].update(methods=["BREW"]),
    "a route without evidence": lambda page: page["surfaces"][0]["routes"][0].pop("evidence"),
    "a route that says nothing of keys": lambda page: page["surfaces"][0]["routes"][0].pop("key"),
    "a kind of file that is none": lambda page: page["surfaces"][0].update(
        kinds=[{"kind": "smell", "host": "fal.run", "evidence": page["order"][0]["evidence"]}]
    ),
    "a misspelt member": lambda page: page["surfaces"][0]["routes"][0].update(pahts="/x"),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_meta_schema_refuses(what: str) -> None:
    document = copy.deepcopy(content(TOP / "routes" / "fal.json"))
    assert META.is_valid(document)
    WRONG[what](document)
    assert not META.is_valid(document)


def test_the_words_of_the_files_are_those_of_the_code() -> None:
    found = META_FILE["$defs"]
    assert found["check"]["properties"]["check"]["enum"] == [*get_args(Check)]
    assert found["route"]["properties"]["key"]["enum"] == [*get_args(KeyUse)]


@pytest.mark.parametrize("provider", catalog.providers())
def test_every_check_stands_once_in_order_or_among_what_is_not_looked_at(provider: str) -> None:
    facts = provider_routes(provider)
    said = [*facts.checks, *(entry.check for entry in facts.unchecked)]
    assert sorted(said) == sorted(get_args(Check))
    assert [entry.what for entry in facts.otherwise] == ["path", "method"]


@pytest.mark.parametrize("provider", catalog.providers())
def test_a_route_is_named_once_and_depends_only_on_what_is_there(provider: str) -> None:
    for surface in provider_routes(provider).surfaces:
        assert {*surface.kinds.values()} <= {*surface.hosts}
        names = [route.name for route in surface.routes]
        assert len(names) == len(set(names))
        places = [(route.path, method) for route in surface.routes for method in route.methods]
        assert len(places) == len(set(places))
        for route in surface.routes:
            if route.under:
                assert route.under.value in find_behaviour(route.under.switch).choices
                assert route.under.value != find_behaviour(route.under.switch).default
                assert route.under.otherwise in names


def test_a_provider_that_is_none_is_offered_the_right_one() -> None:
    with pytest.raises(UnknownProvider, match="Did you mean 'runpod'"):
        provider_routes("runpdo")
