"""Clients that are asked for a model that somebody names, instead of their provider's sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.schema.own_models import MADE, changed, write_model

from vidmock import resources
from vidmock.contract.asked_model import ASSUMED_PRICE, asking, led_by, paid_call_of
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import CaseReport, judge_case
from vidmock.kit.client import Refused
from vidmock.kit.loading import load_module
from vidmock.problems import BadRequest, UnknownModel
from vidmock.schema.catalog import ModelCatalog
from vidmock.schema.model_files import read_models
from vidmock.schema.pricing import price_of

ANY = ModelCatalog(any_model=True)
CLIPS = changed("x-video", MADE | {"container": [{"value": "mp4"}], "seconds": [{"value": 2}]})
del CLIPS["x-result"]


def client(provider: str) -> Any:
    return load_module(resources.folder("contracts") / "clients" / f"{provider}.py").Client


def judged(case: str, provider: str, model: str, catalog: ModelCatalog, make: Any = None) -> CaseReport:
    (found,) = find_cases(case, shipped_cases())
    make = make or client(provider)
    paid = paid_call_of(provider, catalog, model)
    return judge_case(asking(found, paid), provider, make, features_of(provider, make))


def own(tmp_path: Path, model: dict[str, object]) -> ModelCatalog:
    return ModelCatalog(read_models([write_model(tmp_path / "model.json", model)]).models)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("fal", "acme/kite/text-to-video"),
        ("runpod", "a-video-of-ours"),
        ("runware", "acme:1@2"),
        ("eachlabs", "acme-text-to-video"),
    ],
)
def test_a_client_is_tried_with_a_model_that_nobody_has_described(provider: str, model: str) -> None:
    assert judged("POLL-01", provider, model, ANY).verdict == "passed"
    refused = judged("VAL-02", provider, model, ANY).scripts[0]
    assert (refused.verdict, refused.why) == ("not applicable", f"{model} takes whatever it is sent")


def test_what_is_lost_is_told_in_money_though_nobody_knows_the_price() -> None:
    class GivesUp(client("runpod")):  # type: ignore[misc]  # a class that is loaded from a file
        def fetch_result(self, job: str) -> object:
            try:
                return super().fetch_result(job)
            except Exception as error:
                raise Refused("it failed", job) from error

    report = judged("POLL-03", "runpod", "a-video-of-ours", ANY, GivesUp)
    assert report.verdict == "failed"
    assert report.lost == 3 * int(float(ASSUMED_PRICE))


def test_an_input_and_a_mistake_are_made_of_a_models_schema(tmp_path: Path) -> None:
    catalog = own(tmp_path, CLIPS)
    paid = paid_call_of("fal", catalog, "acme/pictures")
    assert (paid.input, paid.mistake, paid.says) == ({"prompt": "a kite"}, {"num_images": 5}, "prompt")
    assert price_of(paid.described("fal"), paid.input).known
    assert judged("VAL-02", "fal", "acme/pictures", catalog).scripts[0].verdict == "passed"
    # Another length than the sample's is no parameter here.
    why = [script.why for script in judged("COST-01", "runpod", "a-video-of-ours", ANY).scripts]
    assert "a-video-of-ours does not take duration so" in why


def test_a_part_of_one_video_cannot_be_missing() -> None:
    verdicts = {script.why for script in judged("TERM-11", "runware", "acme:1@2", ANY).scripts}
    assert "a call of acme:1@2 is for one video, of which no part can be missing" in verdicts


def test_a_command_meets_the_models_of_the_catalogue() -> None:
    assert led_by("fal", ANY).catalog is ANY
    assert led_by("fal", ANY).model == "fal-ai/kling-video/o1/reference-to-video"


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        ("acme/flux", None, "acme/flux makes no videos, and the cases are about videos"),
        ("acme/video", {"duration": 5}, "needs a text that may differ from call to call"),
        ("fal-ai/kling-video/o1/reference-to-video", {"prompt": 5}, "the input for fal-ai/kling-video/o1/ref"),
    ],
)
def test_what_cannot_be_asked_for_is_told(model: str, given: dict[str, object] | None, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        paid_call_of("fal", ANY, model, given)


def test_a_model_that_is_not_there_is_told() -> None:
    with pytest.raises(UnknownModel):
        paid_call_of("fal", ModelCatalog(), "acme/video")


def test_a_text_of_another_name_tells_calls_apart(tmp_path: Path) -> None:
    named = changed("properties/caption", {"type": "string", "pattern": "^[a-z, 0-9]*$"}, CLIPS)
    named = changed("properties/prompt", {"type": "string", "enum": ["a", "b"]}, named)
    paid = paid_call_of("fal", own(tmp_path, named), "acme/pictures", {"prompt": "a", "caption": "kites"})
    assert paid.says == "caption"


def test_a_schema_without_a_valid_input_asks_for_a_file(tmp_path: Path) -> None:
    hard = changed("properties/prompt", {"type": "string", "pattern": "^[0-9]{7}$"}, CLIPS)
    with pytest.raises(BadRequest, match=r"no valid input of acme/pictures was found by its schema: name a file"):
        paid_call_of("fal", own(tmp_path, hard), "acme/pictures")
