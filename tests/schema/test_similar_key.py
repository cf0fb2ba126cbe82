"""Which names are taken for misspelt ones, and which for others."""

from __future__ import annotations

import pytest

from vidmock.schema.similar_key import shorter_key, similar_key

KNOWN = ("positivePrompt", "image_urls", "width", "model", "outputFormat", "seed", "url")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("positivPrompt", "positivePrompt"),
        ("positive_prompt", "positivePrompt"),
        ("PositivePrompts", "positivePrompt"),
        ("outputformat", "outputFormat"),
        ("imageUrl", "image_urls"),
        ("images", "image_urls"),
        ("widht", "width"),
        ("negativePrompt", None),
        ("height", None),
        ("mood", None),
        ("uri", "url"),
        ("u", None),
        ("", None),
        ("_", None),
        ("positivePrompt" * 5, None),
    ],
)
def test_a_name_is_taken_for_the_one_that_was_meant(name: str, meant: str | None) -> None:
    assert similar_key(name, KNOWN) == meant


def test_of_names_that_say_the_same_the_closest_is_meant() -> None:
    assert similar_key("image_uri", ["image_url", "images"]) == "image_url"


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("prompt", ["positivePrompt", "width"], "positivePrompt"),
        ("prompt", ["positivePrompt", "negativePrompt"], None),
        ("positivePrompt", ["prompt"], None),
        ("", ["prompt"], None),
    ],
)
def test_a_shorter_name_is_that_of_the_only_one_with_all_its_words(
    name: str, known: list[str], meant: str | None
) -> None:
    assert shorter_key(name, known) == meant
