"""Guesses what a model makes that nobody has described: from the words of its id, else from the names in a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, cast, get_args

Product = Literal["video", "image", "audio", "text"]

_WORDS: Final = re.compile(r"[a-z0-9]+")
_TARGET: Final = re.compile(r"(?:^|[^a-z])to[^a-z]+([a-z]+)")
"""As in ``image-to-video``, in which the last word counts."""
_NOUNS: Final[Mapping[Product, str]] = {
    "video": "video videos movie clip t2v i2v v2v r2v s2v flf2v lipsync avatar animate motion talk",
    "image": "image images picture photo t2i i2i edit inpaint outpaint upscale upscaler rembg portrait logo vectorize",
    "audio": "audio speech tts music sound voice song sfx t2a",
    "text": "text llm chat caption transcribe stt asr ocr vision",
}
_FAMILIES: Final[Mapping[Product, str]] = {
    "video": "kling wan veo sora hailuo seedance ltx mochi cogvideox animatediff luma pixverse vidu runway gen3 gen4 "
    "infinitetalk hunyuan pika",
    "image": "flux sdxl sd15 sd3 stable imagen dalle seedream recraft ideogram esrgan nano qwenimage aura playground "
    "bria kontext kandinsky openjourney midjourney pixart dreamshaper juggernaut",
    "audio": "elevenlabs kokoro chatterbox bark musicgen lyria suno minimaxspeech orpheus dia",
    "text": "qwen3 qwen2 llama gpt claude gemma gemini mistral deepseek granite phi whisper wizper kimi glm cogito",
}
_ASKED: Final[Mapping[Product, str]] = {
    "text": "messages max_tokens max_new_tokens audio_url system_prompt",
    "audio": "voice voice_id lyrics speaker text reference_audio sample_rate",
    "video": "duration num_frames fps frames_per_second video_url video video_length last_image generate_audio",
    "image": "num_inference_steps guidance_scale image_size num_images num_outputs steps width height size mask_url",
}
"""Names in a request, those that tell most first."""
TASK_TYPES: Final[Mapping[str, Product]] = MappingProxyType(
    {
        "videoInference": "video",
        "imageInference": "image",
        "imageUpscale": "image",
        "imageBackgroundRemoval": "image",
        "imageMasking": "image",
        "upscale": "image",
        "removeBackground": "image",
        "vectorize": "image",
        "audioInference": "audio",
        "textInference": "text",
        "imageCaption": "text",
        "caption": "text",
        "promptEnhance": "text",
    }
)
"""What Runware's tasks make: the types of runware-sdk 1.8.0 (``types/task_map.py``), and those of before."""


_NAME: Final = re.compile(r"[\w.:@+~-]+(/[\w.:@+~-]+)*", re.ASCII)
_LONGEST_NAME: Final = 200
_LEAST_PARTS: Final[Mapping[str, int]] = {"fal": 2}
"""How many parts an id has at least: fal's have an owner and an alias."""


def can_be_a_model(provider: str, model_id: str) -> bool:
    """Whether *provider* could have a model of that id."""
    parts = model_id.count("/") + 1
    fits = len(model_id) <= _LONGEST_NAME and parts >= _LEAST_PARTS.get(provider, 1)
    return fits and _NAME.fullmatch(model_id) is not None


def guessed_kind(model_id: str, given: Mapping[str, Any]) -> Product:
    """What a model of that id probably makes of *given*: a video where nothing tells."""
    task = given.get("taskType")
    if isinstance(task, str) and task in TASK_TYPES:
        return TASK_TYPES[task]
    name = model_id.lower()
    words = _WORDS.findall(name)
    for target in reversed(_TARGET.findall(name)):
        if (made := _of_word(target)) is not None:
            return made
    for word in reversed(words):
        if (made := _of_word(word)) is not None:
            return made
    for made, families in _FAMILIES.items():
        if any(word.startswith(family) for word in words for family in families.split()):
            return made
    return next((made for made, names in _ASKED.items() if not given.keys().isdisjoint(names.split())), "video")


def _of_word(word: str) -> Product | None:
    found = (made for made in get_args(Product) if word in _NOUNS[made].split())
    return cast("Product | None", next(found, None))
