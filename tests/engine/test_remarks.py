"""What is remembered of jobs besides: which faults have struck them."""

from __future__ import annotations

from vidmock.engine.world.remarks import Remarks


def test_each_effect_is_told_once_in_the_order_in_which_it_struck() -> None:
    remarks = Remarks()
    for effect in ("edge_page", "lost", "edge_page"):
        remarks.strike("a-job", effect)
    assert (remarks.struck("a-job"), remarks.struck("other")) == (("edge_page", "lost"), ())


def test_the_oldest_are_forgotten() -> None:
    remarks = Remarks(keep=2)
    for job in ("one", "two", "three"):
        remarks.strike(job, "lost")
    assert [len(remarks.struck(job)) for job in ("one", "two", "three")] == [0, 1, 1]
