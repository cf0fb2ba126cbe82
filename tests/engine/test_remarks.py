"""What is remembered of jobs besides: which faults have struck them, and what their inputs were."""

from __future__ import annotations

from vidmock.engine.world.remarks import Remarks
from vidmock.schema.catalog import find_model
from vidmock.schema.judged import Judged

MODEL = find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
ODD = {"prompt": "a kite", "nothing": 1}


def test_each_effect_is_told_once_in_the_order_in_which_it_struck() -> None:
    remarks = Remarks()
    for effect in ("edge_page", "lost", "edge_page"):
        remarks.strike("a-job", effect)
    assert (remarks.struck("a-job"), remarks.struck("other")) == (("edge_page", "lost"), ())


def test_an_input_is_known_for_as_long_as_somebody_holds_it() -> None:
    remarks, judged = Remarks(), Judged(MODEL, ODD)
    remarks.judge("a-job", judged)
    lints = remarks.lints("a-job")
    assert lints is not None
    assert [found.where for found in lints] == ["nothing"]
    del judged
    assert remarks.lints("a-job") is None
    assert remarks.lints("other") is None


def test_a_retry_of_the_same_input_is_judged_as_its_submit_was_and_another_input_anew() -> None:
    remarks, taken = Remarks(), {"prompt": "a kite"}
    first, again, other = Judged(MODEL, taken, ODD), Judged(MODEL, taken), Judged(MODEL, {"prompt": "a kite"})
    found = []
    for judged in (first, again, other):
        remarks.judge("a-job", judged)
        found.append(remarks.lints("a-job"))
    assert [len(lints or ()) for lints in found] == [1, 1, 0]


def test_the_oldest_are_forgotten() -> None:
    remarks, judged = Remarks(keep=2), Judged(MODEL, ODD)
    for job in ("one", "two", "three"):
        remarks.strike(job, "lost")
        remarks.judge(job, judged)
    assert [len(remarks.struck(job)) for job in ("one", "two", "three")] == [0, 1, 1]
    assert [remarks.lints(job) is None for job in ("one", "two", "three")] == [True, False, False]
