"""Which names are taken for misspelt ones, and which for others."""

from __future__ import annotations

import pytest

from vidmock.schema.similar_key import is_address_of, longer_key, shorter_key, similar_key

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


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("inputImage", ["image", "frame"], "image"),
        ("positivePrompt", ["prompt", "seed"], "prompt"),
        ("negative_prompt", ["prompt"], None),
        ("end_image", ["image"], None),
        ("prompt", ["prompt"], None),
        ("input_source_image", ["image", "source_image"], None),
        ("my_" * 40 + "image", ["image"], None),
    ],
)
def test_a_longer_name_is_another_only_where_its_other_words_change_nothing(
    name: str, known: list[str], meant: str | None
) -> None:
    assert longer_key(name, known) == meant


def test_a_name_that_says_no_more_than_that_it_is_an_address_is_that_of_a_file() -> None:
    assert is_address_of("URL", "frontal_image_url")
    assert not is_address_of("url", "prompt")
    assert not is_address_of("link", "image")
