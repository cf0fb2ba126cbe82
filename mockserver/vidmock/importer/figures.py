"""What a model's files will be and what they cost, from the parameters and prices of its page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any, Final

from vidmock.importer.page import ModelPage, Rate, Unsure
from vidmock.media.clip import Container
from vidmock.media.formats import format_of_suffix

LONGEST_STATED: Final = 600
"""Seconds of a file that the mock makes at most; of a longer one, the default length."""
_SECONDS: Final = ("duration", "seconds", "video_length", "num_seconds")
_COUNTS: Final = ("num_images", "num_videos", "num_outputs", "num_samples", "numberResults", "n")
_PROMPTS: Final = ("prompt", "positivePrompt", "text", "text_prompt", "input_text", "script")
_AUDIO: Final = ("generate_audio", "enable_audio", "with_audio", "generateAudio", "keep_audio", "sound")
_TALL: Final[Mapping[str, int]] = {
    "360p": 360, "480p": 480, "512p": 512, "540p": 540, "580p": 580, "720p": 720, "768p": 768, "1080p": 1080,
    "1440p": 1440, "2160p": 2160, "1k": 1024, "2k": 2048, "4k": 2160,
}  # fmt: skip
_EXACT: Final = re.compile(r"([0-9]{2,5})[*x×]([0-9]{2,5})")
_CLIPS: Final[tuple[Container, ...]] = ("mp4", "mov", "webm")
_SOUNDS: Final[tuple[Container, ...]] = ("mp3", "wav")
_PICTURES: Final[tuple[Container, ...]] = ("png", "jpg", "webp")
_FITTING: Final[Mapping[str, tuple[Container, ...]]] = {"audio": _SOUNDS, "image": _PICTURES}
_FORMATS: Final = ("outputFormat", "output_format", "image_format")
_GUESSED: Final = "inferred: the page gives no pixels"
_SAME: Final[Mapping[str, float]] = {"square": 1, "square_hd": 1, "landscape": 16 / 9, "portrait": 9 / 16}


Sided = dict[str, Any]
"""A source, as of a width or a height."""


def video_figures(page: ModelPage, root: Mapping[str, Any], notes: list[Unsure]) -> dict[str, Any]:
    """The member ``x-video`` of a file whose input has the schema *root*; what it has to guess is added to *notes*."""
    properties = root["properties"]
    width, height = _sizes(page, properties)
    prompt = next((name for name in _PROMPTS if name in properties), "")
    audio = next((name for name in _AUDIO if properties.get(name, {}).get("type") == "boolean"), "")
    return {
        "seconds": _lengths(page, root, notes),
        "width": width,
        "height": height,
        "count": [{"value": 0}] if page.makes == "text" else counts(properties),
        "container": _containers(page, properties),
        "audio": [*([{"at": f"/{audio}"}] if audio else []), {"value": _default(properties, audio, otherwise=False)}],
        "prompt": [{"at": f"/{prompt}"}] if prompt in root.get("required", ()) else _prompt(prompt),
    }


def _containers(page: ModelPage, properties: Mapping[str, Any]) -> list[Sided]:
    fitting = _FITTING.get(page.makes, _CLIPS)
    for name in _FORMATS:
        node = properties.get(name, {})
        listed = (value for value in node.get("enum", ()) if isinstance(value, str))
        named = {value: found.name for value in listed if (found := format_of_suffix(value))}
        known = {value: kind for value, kind in named.items() if kind in fitting}
        if known:
            usual = known.get(node.get("default"), next(iter(known.values())))
            return [{"at": f"/{name}", "map": known}, {"value": usual}]
    return [{"value": fitting[0]}]


def _prompt(name: str) -> list[dict[str, Any]]:
    return [*([{"at": f"/{name}"}] if name else []), {"value": ""}]


def counts(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the number of results comes from: a parameter of a usual name, if the page bounds it, or else one."""
    for name in _COUNTS:
        node = properties.get(name, {})
        if node.get("type") == "integer" and node.get("minimum", 0) > 0 and node.get("maximum", 1_000) <= 100:
            return [{"at": f"/{name}"}, {"value": node.get("default", 1)}]
    return [{"value": 1}]


def _lengths(page: ModelPage, root: Mapping[str, Any], notes: list[Unsure]) -> list[dict[str, Any]]:
    """Where the length of a file comes from: a parameter of a usual name, its default, or else 5 s, which is noted."""
    if page.makes in ("image", "text"):
        return [{"value": 1}]
    properties = root["properties"]
    name = next((name for name in _SECONDS if name in properties), "")
    node = properties.get(name, {})
    sources = list[dict[str, Any]]()
    listed = {value: length for value in node.get("enum", ()) if (length := _length(value))}
    if any(isinstance(value, str) for value in listed):
        plain = all(value == str(length) for value, length in listed.items())
        sources.append({"at": f"/{name}"} if plain and len(listed) == len(node["enum"]) else _by_name(name, listed))
    elif node.get("type") in ("integer", "number") or listed:
        bounds = {"exclusiveMinimum": 0, "maximum": LONGEST_STATED}
        within = node.get("minimum", 0) > 0 and node.get("maximum", LONGEST_STATED + 1) <= LONGEST_STATED
        sure = within or (listed and len(listed) == len(node["enum"]))
        bounded = {"type": "object", "required": [name], "properties": {name: {"type": "number", **bounds}}}
        sources.append({**({} if sure else {"when": bounded}), "at": f"/{name}"})
    usual = _length(node.get("default"))
    if usual is not None:
        return [*sources, {"value": usual}]
    if name not in root.get("required", ()):
        notes.append(Unsure(f"/{name}" if name else "", "", "how long a file is by default: 5 seconds are assumed"))
    return [*sources, {"value": 5, "x-evidence": "inferred: the page gives no default length"}]


def _by_name(name: str, listed: Mapping[Any, int | float]) -> dict[str, Any]:
    return {"at": f"/{name}", "map": {value: length for value, length in listed.items() if isinstance(value, str)}}


def _length(value: Any) -> int | float | None:
    """The seconds that *value*, such as 5, ``5`` or ``5s``, means; ``None`` where it is no length of a file."""
    known = isinstance(value, str | int | float) and not isinstance(value, bool)
    stated = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,3})?) ?s?", str(value)) if known else None
    seconds = float(stated[1]) if stated else 0.0
    if not 0 < seconds <= LONGEST_STATED:
        return None
    return int(seconds) if seconds == int(seconds) else seconds


def _sizes(page: ModelPage, properties: Mapping[str, Any]) -> tuple[list[Sided], list[Sided]]:
    if page.sizes:
        width, height = next(iter(page.sizes.values()))
        if {"width", "height"} <= properties.keys():
            return [{"at": "/width"}, {"value": width}], [{"at": "/height"}, {"value": height}]
        return [{"value": width}], [{"value": height}]
    if all(properties.get(side, {}).get("type") == "integer" for side in ("width", "height")):
        usual = {side: {"value": properties[side].get("default", 1024)} for side in ("width", "height")}
        return [{"at": "/width"}, usual["width"]], [{"at": "/height"}, usual["height"]]
    standing = 1024 if page.makes == "image" else 720
    tall = _TALL.get(str(_default(properties, "resolution", "")).lower(), standing)
    for name in ("size", "image_size", "resolution", "aspect_ratio"):
        if sides := _named_sizes(name, properties.get(name, {}), tall):
            return sides
    wide = tall if page.makes == "image" else round(tall * 16 / 9 / 2) * 2
    return [{"value": wide, "x-evidence": _GUESSED}], [{"value": tall}]


def _named_sizes(name: str, node: Mapping[str, Any], tall: int) -> tuple[list[Sided], list[Sided]] | None:
    """Where the sides come from, if *node*, the schema of *name*, has names of sizes, sizes, or one by default."""
    choices = [node, *node.get("anyOf", ())]
    listed = [value for choice in choices for value in choice.get("enum", ())]
    pairs = {value: size for value in listed if (size := pixels(str(value), tall))}
    usual = node.get("default", "")
    if isinstance(usual, dict):
        first = (usual.get("width"), usual.get("height"))
    else:
        first = pairs.get(usual) or pixels(str(usual), tall) or next(iter(pairs.values()), (None, None))
    if not all(isinstance(side, int) for side in first):
        return None
    exact = all(_EXACT.fullmatch(value) for value in pairs)
    whole = any({"width", "height"} <= choice.get("properties", {}).keys() for choice in choices)
    width, height = list[Sided](), list[Sided]()
    for side, (word, sources) in enumerate((("width", width), ("height", height))):
        if whole:
            sources.append({"at": f"/{name}/{word}"})
        if pairs:
            sides = {value: size[side] for value, size in pairs.items()}
            sources.append({"at": f"/{name}", "map": sides, **({} if exact else {"x-evidence": _GUESSED})})
        sources.append({"value": first[side]})
    return width, height


def pixels(value: str, tall: int) -> tuple[int, int] | None:
    """Width and height of a *value* such as ``1280*720``, ``720p`` or ``16:9``, whose short side is *tall*."""
    if exact := _EXACT.fullmatch(value):
        return int(exact[1]), int(exact[2])
    if value.lower() in _TALL:
        short = _TALL[value.lower()]
        return round(short * 16 / 9 / 2) * 2, short
    ratio = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]{1,2})?):([0-9]{1,2})", value)
    named = re.fullmatch(r"(landscape|portrait)_([0-9]{1,2})_([0-9]{1,2})", value)
    if named:
        wide = max(int(named[2]), int(named[3])) / max(1, min(int(named[2]), int(named[3])))
        shape = wide if named[1] == "landscape" else 1 / wide
    elif ratio and float(ratio[1]) and int(ratio[2]):
        shape = float(ratio[1]) / int(ratio[2])
    elif value in _SAME:
        shape = _SAME[value]
    else:
        return None
    if not 1 / 8 <= shape <= 8:
        return None
    long = round(tall * max(shape, 1 / shape) / 2) * 2
    return (long, tall) if shape >= 1 else (tall, long)


def pricing(page: ModelPage, root: Mapping[str, Any], notes: list[Unsure]) -> dict[str, Any]:
    """The member ``x-pricing`` of the file; a price that cannot be read is not known, and is noted."""
    properties = root["properties"]
    kinds = {rate.per for rate in page.rates}
    count = counts(properties)
    if not page.rates or len(kinds) > 1:
        notes.append(Unsure("", page.price, "its price: it is unknown until the file has one"))
        told = {"label": f"the page says: {shorten(page.price, 100, placeholder='…')}"} if page.price else {}
        rates = [{"rate": None, **told, "x-evidence": "unstated: no price of the page could be read"}]
        return {"currency": "USD", "rates": rates, "seconds": [{"value": 1}], "count": count, "digits": 6}
    return {
        "currency": "USD",
        "rates": _ordered(page.rates, properties),
        "seconds": _lengths(page, root, []) if kinds == {"second"} else [{"value": 1}],
        "count": count,
        "digits": 6,
    }


def _ordered(rates: Sequence[Rate], properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """*rates* with their conditions, that of the defaults last and without one: it holds for what is left out."""
    usual = next(
        (
            rate
            for rate in rates
            if all(_default(properties, name, None) in values for name, values in rate.when.items())
        ),
        rates[-1],
    )
    return [_rate(rate, rate is not usual) for rate in (*(each for each in rates if each is not usual), usual)]


def _rate(rate: Rate, conditional: bool) -> dict[str, Any]:
    condition = {
        "type": "object",
        "required": list(rate.when),
        "properties": {name: {"enum": list(values)} for name, values in rate.when.items()},
    }
    return {
        **({"when": condition} if conditional and rate.when else {}),
        "rate": rate.dollars,
        **({"label": rate.label} if rate.label else {}),
        "x-evidence": f"{'documented' if rate.certain else 'inferred'}: pricing › {rate.says[:200]}",
    }


def _default(properties: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    return properties.get(name, {}).get("default", otherwise)
