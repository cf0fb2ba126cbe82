"""A model for any id: what it makes is told by the id, or else by the request."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.problems import UnknownModel
from vidmock.schema.catalog import ModelCatalog, find_model, providers
from vidmock.schema.library import lints, price, validate
from vidmock.schema.outputs import output_spec
from vidmock.schema.trial import missing_parts, try_model
from vidmock.schema.unknown_kind import guessed_kind

ANY = ModelCatalog(any_model=True)
# Ids of docs.runpod.io/public-endpoints, fal.ai/models, eachlabs.ai and runware.ai/docs/models, in 2026.
IDS = {
    "video": """
        wan-2-2-t2v-720 wan-2-6-i2v wan-2-5 seedance-1-0-pro sora-2-pro-i2v kling-v2-1-i2v-pro infinitetalk vidu-q3-t2v
        p-video fal-ai/veo3/fast fal-ai/minimax/hailuo-02/standard/text-to-video luma-dream-machine fal-ai/sync-lipsync
        fal-ai/kling-video/o1/video-to-video/edit fal-ai/wan/v2.2-a14b/image-to-video/turbo
    """,
    "image": """
        black-forest-labs-flux-1-schnell black-forest-labs-flux-1-kontext-dev qwen-image-edit-2511 seedream-v4-t2i
        nano-banana-pro-edit z-image-turbo fal-ai/flux/dev fal-ai/flux-pro/v1.1-ultra fal-ai/stable-diffusion-v35-large
        fal-ai/imagen4/preview fal-ai/clarity-upscaler fal-ai/recraft/v3/text-to-image wan-2-6-t2i flux-1-dev
    """,
    "audio": """
        minimax-speech-02-hd chatterbox-turbo fal-ai/elevenlabs/tts/turbo-v2.5 fal-ai/stable-audio
        elevenlabs-text-to-speech fal-ai/minimax-music/v2 fal-ai/kokoro/american-english fal-ai/f5-tts
        fal-ai/cassetteai/sound-effects-generator
    """,
    "text": """
        qwen3-32b-awq granite-4-0-h-small gpt-oss-120b whisper-v3-large fal-ai/wizper fal-ai/any-llm/vision cogito-671b
        fal-ai/elevenlabs/speech-to-text
    """,
}
BY_ID = [(model_id, kind) for kind, ids in IDS.items() for model_id in ids.split()]
TOLD_BY_THE_REQUEST: list[tuple[dict[str, Any], str]] = [
    ({"prompt": "x"}, "video"),
    ({"prompt": "x", "num_frames": 81}, "video"),
    ({"prompt": "x", "num_inference_steps": 4, "width": 512}, "image"),
    ({"text": "x", "voice": "Wise_Woman"}, "audio"),
    ({"messages": []}, "text"),
    ({"taskType": "imageInference"}, "image"),
    ({"taskType": ["imageInference"]}, "video"),
]


@pytest.mark.parametrize(("model_id", "kind"), BY_ID)
def test_an_id_tells_what_is_made(model_id: str, kind: str) -> None:
    assert guessed_kind(model_id, {}) == kind


@pytest.mark.parametrize(("given", "kind"), TOLD_BY_THE_REQUEST, ids=str)
def test_where_the_id_is_silent_the_request_tells(given: dict[str, Any], kind: str) -> None:
    assert guessed_kind("acme-7", given) == kind


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize("kind", ["video", "image", "audio", "text"])
def test_it_takes_everything_and_says_that_its_price_is_unknown(provider: str, kind: str) -> None:
    name = f"acme/{kind}-7"
    model = ANY.find(provider, name)
    assert (model.id, model.provider, model.known) == (name, provider, False)
    assert missing_parts(model.schema) == try_model(model) == []
    for sent in ({}, {"prompt": 5, "width": "wide", "duration": [], "what": {"ever": None}}):
        assert validate(provider, name, sent, catalog=ANY) == lints(provider, name, sent, catalog=ANY) == ()
        cost = price(provider, name, sent, catalog=ANY)
        assert (cost.known, cost.how) == (False, "unknown price (nobody has described this model)")
        assert output_spec(model, sent).count == (0 if kind == "text" else 1)


def test_what_the_request_says_is_what_is_made() -> None:
    picture = {"prompt": "x", "num_images": 3, "image_size": "portrait_16_9"}
    made = output_spec(ANY.find("fal", "acme/image"), picture)
    assert (made.width, made.height, made.count, made.container) == (576, 1024, 3, "png")
    made = output_spec(ANY.find("runpod", "acme-video"), {"duration": "8", "size": "720*1280"})
    assert (made.width, made.height, made.seconds) == (720, 1280, 8.0)
    made = output_spec(ANY.find("fal", "acme/tts"), {"text": "Hello", "output_format": "wav", "seconds_total": 12.5})
    assert (made.container, made.seconds, made.prompt) == ("wav", 12.5, "Hello")
    # No work whose size the sender chooses.
    made = output_spec(ANY.find("fal", "acme/video"), {"duration": 10**9, "num_videos": 10**9, "width": 10**9})
    assert (made.seconds, made.count, made.width) == (5.0, 1, 1280)


def test_a_model_that_is_known_stays_what_it_is() -> None:
    o1 = "fal-ai/kling-video/o1/reference-to-video"
    assert ANY.find("fal", o1) is find_model("fal", o1)
    assert ANY.find("runware", "klingai-video-o1-pro", aliases=True).known
    assert {model.id for model in ANY.models("fal")} == {model.id for model in ModelCatalog().models("fal")}


@pytest.mark.parametrize(
    ("provider", "name"),
    [("fal", "flux"), ("runpod", ""), ("runpod", "a b"), ("fal", "a//b"), ("eachlabs", "x" * 201), ("runware", "a\n")],
)
def test_what_no_provider_could_have_is_not_served(provider: str, name: str) -> None:
    with pytest.raises(UnknownModel):
        ANY.find(provider, name)
