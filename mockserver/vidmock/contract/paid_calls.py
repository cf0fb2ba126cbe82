"""A valid call of each provider, that cases change, and a mistake that its model refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vidmock.schema.catalog import SHIPPED, Model, ModelCatalog


@dataclass(frozen=True, slots=True)
class PaidCall:
    """An *input* of *model*, for so many *videos*. With the *mistake* in it, it is refused for that field.

    In several calls, each has another value of the field *varied*, by its number from 0. *says* is the field that tells
    what the video shows. The model is one of *catalog*. Where it takes everything, there is no *mistake*.
    """

    model: str
    input: Mapping[str, Any]
    mistake: Mapping[str, Any]
    varied: str
    values: tuple[Any, ...]
    videos: int = 1
    says: str = "prompt"
    catalog: ModelCatalog = SHIPPED

    def described(self, provider: str) -> Model:
        """The model as *provider*'s."""
        return self.catalog.find(provider, self.model, given=self.input)

    def variation(self, number: int) -> Mapping[str, Any]:
        """What the call *number* of several has in its input and the others have not."""
        return {self.varied: self.values[number % len(self.values)]}

    def numbered(self, number: int) -> Mapping[str, Any]:
        """What tells the call *number* from all others, of however many."""
        return {self.says: f"{self.input[self.says]}, {number}"}


PAID_CALLS: Final[Mapping[str, PaidCall]] = {
    # Falsy values are in all of them, because clients drop those.
    "fal": PaidCall(
        "fal-ai/kling-video/o1/reference-to-video",
        {"prompt": "a kite", "image_urls": []},
        {"duration": 5},
        "duration",
        ("5", "10"),
    ),
    "runpod": PaidCall(
        "kling-video-o1-r2v",
        {"prompt": "a kite", "images": ["https://example.com/a.png"], "enable_safety_checker": False, "seed": 0},
        {"duration": 11},
        "duration",
        (5, 10),
    ),
    "runware": PaidCall(
        "klingai:kling@o1-standard",
        {
            "positivePrompt": "a kite",
            "width": 1280,
            "height": 720,
            "numberResults": 2,
            "safety": {"checkContent": False},
        },
        {"duration": 99},
        "duration",
        (5, 10),
        2,
        says="positivePrompt",
    ),
    "eachlabs": PaidCall(
        "kling-o1-video-to-video-reference",
        {"prompt": "a kite", "video_url": "https://example.com/a.mp4", "image_urls": []},
        {"aspect_ratio": "5:4"},
        "prompt",
        ("a kite", "a red kite"),
    ),
}
