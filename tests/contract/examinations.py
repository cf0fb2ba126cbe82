"""An examination with one case of each verdict."""

from __future__ import annotations

from decimal import Decimal

from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.examination import Examination
from vidmock.contract.finding import told, wire
from vidmock.contract.verdict import CaseReport, ScriptReport

STORY = """     0.000 s  job 1 of fal a/b is charged $0.56
     0.000 s  fal: POST /a/b?c=<d> → no answer   submit 1   fault fault-1
     … 3 earlier lines"""


def one_of_each(name: str = "client.py:Client") -> Examination:
    """Of the client *name*; the failure of SPEND-07 was expected."""
    known = shipped_cases()

    def report(case_id: str, *found: ScriptReport, why: str = "") -> CaseReport:
        (case,) = find_cases(case_id, known)
        return CaseReport(case, "fal", found, why)

    script = find_cases("SPEND-01", known)[0].scripts[0]
    plain = find_cases("SPEND-07", known)[0].scripts[0]
    half = Decimal("0.56")
    failed = ScriptReport(script, "failed", (wire("2 jobs\x00\ud800"), told("<b>lost</b>")), "", 2 * half, half, STORY)
    reports = (
        report("SPEND-01", failed, ScriptReport(script, "passed", spent=half, story=STORY)),
        report("SPEND-07", ScriptReport(plain, "failed", (wire("one too many"),), lost=half)),
        report("POLL-01", ScriptReport(script, "hung", why="it has not come back")),
        report("POLL-02", ScriptReport(script, "not exercised", why="never struck")),
        report("SPEND-06", why="it is for runware"),
        report("POLL-03", ScriptReport(script, "kit error", why="ZeroDivisionError()")),
    )
    return Examination(name, "fal", reports, frozenset({"SPEND-07"}), 3.0)
