"""The files under schemas/behaviours: their form, that their names are clear, and how a switch is found in them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from vidmock import resources, strict_json
from vidmock.problems import BadRequest, UnknownProvider
from vidmock.schema import catalog
from vidmock.schema.behaviours import Behaviour, find_behaviour, known_behaviours
from vidmock.schema.evidence import Evidence

TOP = resources.folder("schemas")
FILES = sorted((TOP / "behaviours").glob("*.json"))
META = Draft202012Validator(strict_json.loads((TOP / "meta" / "behaviours.json").read_bytes()))


def content(file: Path) -> Any:
    return strict_json.loads(file.read_bytes())


def test_every_provider_has_its_behaviours() -> None:
    assert [file.stem for file in FILES] == [*catalog.providers()] == [content(file)["provider"] for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_a_file_satisfies_the_meta_schema(file: Path) -> None:
    assert [f"{error.json_path}: {error.message}" for error in META.iter_errors(content(file))] == []


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "no name": lambda one: one.pop("name"),
    "no about": lambda one: one.pop("about"),
    "no default": lambda one: one.pop("default"),
    "no choices": lambda one: one.pop("choices"),
    "a name without a provider": lambda one: one.update(name="cancel"),
    "a misspelt member": lambda one: one.update(defualt="requested"),
    "one choice": lambda one: one.update(choices=dict([*one["choices"].items()][:1])),
    "a value with a space": lambda one: one["choices"].update({"not so": one["choices"]["removed"]}),
    "a choice that is only its meaning": lambda one: one["choices"].update(removed="200 OK"),
    "no meaning": lambda one: one["choices"]["removed"].pop("meaning"),
    "no evidence": lambda one: one["choices"]["removed"].update(evidence=[]),
    "a kind that is none": lambda one: one["choices"]["removed"]["evidence"][0].update(kind="guessed"),
    "evidence from nowhere": lambda one: one["choices"]["removed"]["evidence"][0].pop("where"),
    "a date in words": lambda one: one["choices"]["removed"]["evidence"][0].update(date="spring 2026"),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_meta_schema_refuses(what: str) -> None:
    document = copy.deepcopy(content(TOP / "behaviours" / "fal.json"))
    assert META.is_valid(document)
    WRONG[what](next(one for one in document["behaviours"] if one["name"] == "fal.cancel"))
    assert not META.is_valid(document)


@pytest.mark.parametrize("provider", catalog.providers())
def test_a_name_is_its_providers_and_one_behaviours_alone(provider: str) -> None:
    names = [behaviour.name for behaviour in known_behaviours(provider)]
    assert len(names) == len(set(names))
    assert {name.partition(".")[0] for name in names} == {provider}


@pytest.mark.parametrize("behaviour", known_behaviours(), ids=lambda behaviour: str(behaviour.name))
def test_the_default_is_the_first_choice(behaviour: Behaviour) -> None:
    assert behaviour.default == next(iter(behaviour.choices))
    assert find_behaviour(behaviour.name) is behaviour


def test_a_choice_says_what_it_means_and_what_speaks_for_it() -> None:
    choice = find_behaviour("runpod.webhook_retries").choices["measured"]
    where = "notes of skyphusion-labs/vivijure-cf, with a receiver that always answered 500"
    assert choice.meaning == "after 5 s, then 10 s"
    assert choice.evidence == (Evidence("observed", where, "2026-08-02"),)


def test_a_behaviour_that_nobody_has_is_offered_the_right_one() -> None:
    with pytest.raises(BadRequest, match=r"no behaviour 'fal.cancle'. Did you mean 'fal.cancel'\? See: vidmock models"):
        find_behaviour("fal.cancle")


def test_a_provider_that_is_none_is_offered_the_right_one() -> None:
    with pytest.raises(UnknownProvider, match="Did you mean 'runpod'"):
        known_behaviours("runpdo")
