from __future__ import annotations

import pytest

from vidmock.problems import UnknownModel, UnknownProvider
from vidmock.schema import catalog


def test_the_five_models_are_there() -> None:
    assert catalog.providers() == ("eachlabs", "fal", "runpod", "runware")
    assert {(model.provider, model.id) for model in catalog.models()} >= {
        ("eachlabs", "kling-o1-video-to-video-reference"),
        ("fal", "fal-ai/kling-video/o1/reference-to-video"),
        ("runpod", "kling-video-o1-r2v"),
        ("runware", "klingai:kling@o1"),
        ("runware", "klingai:kling@o1-standard"),
    }


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.id)
def test_a_model_is_found_by_its_id(model: catalog.Model) -> None:
    assert catalog.find_model(model.provider, model.id) is model
    assert model in catalog.models(model.provider)
    assert model.seconds > 0


@pytest.mark.parametrize(
    ("provider", "envelope"), [("runpod", "input"), ("eachlabs", "input"), ("fal", None), ("runware", None)]
)
def test_the_envelope_is_the_providers(provider: str, envelope: str | None) -> None:
    assert {model.envelope for model in catalog.models(provider)} == {envelope}


def test_an_alias_is_followed_only_where_it_is_asked_for() -> None:
    assert catalog.find_model("runware", "klingai-video-o1-pro", aliases=True).id == "klingai:kling@o1"
    with pytest.raises(UnknownModel):
        catalog.find_model("runware", "klingai-video-o1-pro")


def test_a_misspelled_provider_is_offered_the_right_one() -> None:
    with pytest.raises(UnknownProvider, match="Did you mean 'runware'"):
        catalog.find_model("runwar", "klingai:kling@o1")
    with pytest.raises(UnknownProvider):
        catalog.models("shared")


@pytest.mark.parametrize("aliases", [False, True])
def test_a_misspelled_model_is_offered_the_right_one(aliases: bool) -> None:
    with pytest.raises(UnknownModel, match="Did you mean 'kling-video-o1-r2v'"):
        catalog.find_model("runpod", "kling-o1-r2v", aliases=aliases)


def test_a_model_is_not_found_at_another_provider() -> None:
    with pytest.raises(UnknownModel):
        catalog.find_model("fal", "klingai:kling@o1")
