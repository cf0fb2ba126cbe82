"""Verdicts: what became of a case, of each of its scripts, and what that cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from vidmock.contract.asked_model import refuse_what_shows_nothing
from vidmock.contract.case import FEATURES, Case, ClientScript, Feature
from vidmock.contract.expectations import EXPECTATIONS
from vidmock.contract.finding import Finding
from vidmock.contract.invariants import INVARIANTS
from vidmock.contract.not_applicable import NotApplicable
from vidmock.contract.observed import Observed
from vidmock.contract.script_run import run_script
from vidmock.contract.tried import RunsScripts, Tried
from vidmock.contract.watched_thread import Hangs

CaseVerdict = Literal["passed", "failed", "hung", "not exercised", "not applicable", "kit error"]
"""``not exercised``: what was planned never struck, so nothing was shown. ``kit error``: the kit itself is wrong."""
VERDICTS: tuple[CaseVerdict, ...] = get_args(CaseVerdict)
"""As they are told."""
BAD: tuple[CaseVerdict, ...] = ("failed", "hung", "kit error")


@dataclass(frozen=True, slots=True)
class ScriptReport:
    """One run. *why* says what is not shown or not applicable, and *story* is the run with its times.

    *spent* is in USD, and *lost* what of it was for nothing. *tells* is whether it is known what the caller was told.
    """

    script: ClientScript
    verdict: CaseVerdict
    findings: tuple[Finding, ...] = ()
    why: str = ""
    spent: Decimal = Decimal(0)
    lost: Decimal = Decimal(0)
    story: str = ""
    tells: bool = True


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A case with one client of *provider*, and the runs that tried it."""

    case: Case
    provider: str
    scripts: tuple[ScriptReport, ...]
    why: str = ""

    @property
    def verdict(self) -> CaseVerdict:
        """The worst of its scripts; not applicable where there is none."""
        order: tuple[CaseVerdict, ...] = ("kit error", "hung", "failed", "not exercised", "passed")
        found = [script.verdict for script in self.scripts]
        return next((verdict for verdict in order if verdict in found), "not applicable")

    @property
    def lost(self) -> Decimal:
        """USD that were paid for nothing in runs that failed."""
        return sum((script.lost for script in self.scripts if script.verdict in BAD), Decimal(0))

    def side(self, seen: Literal["wire", "told"]) -> CaseVerdict:
        """The verdict by what was *seen* alone."""
        if seen == "told" and self.scripts and not any(script.tells for script in self.scripts):
            return "not applicable"
        wrong = any(finding.seen == seen for script in self.scripts for finding in script.findings)
        return "failed" if wrong else "passed" if self.verdict == "failed" else self.verdict


def judge_case(case: Case, provider: str, tried: Tried, features: frozenset[Feature]) -> CaseReport:
    """Try *case* with a client of *provider* that has *features*."""
    scripts = [script for script in case.scripts if provider in script.providers]
    if not scripts:
        return CaseReport(case, provider, (), f"it is for {_listed(case)}")
    if lacking := sorted(case.needs - features):
        return CaseReport(case, provider, (), f"it is for a client that {FEATURES[lacking[0]]}")
    return CaseReport(case, provider, tuple(_judged(script, provider, tried) for script in scripts))


def findings_of(run: Observed) -> tuple[Finding, ...]:
    """What is wrong with *run*; what is wrong with each of several calls is said once."""
    return tuple(dict.fromkeys(finding for judge in (*INVARIANTS, *EXPECTATIONS) for finding in judge(run)))


def _judged(script: ClientScript, provider: str, tried: Tried) -> ScriptReport:
    try:
        refuse_what_shows_nothing(script, provider)
        run = tried.run_script(script) if isinstance(tried, RunsScripts) else run_script(script, provider, tried)
    except Hangs as hangs:
        return ScriptReport(script, "hung", why=str(hangs))
    except NotApplicable as reason:
        return ScriptReport(script, "not applicable", why=str(reason))
    except Exception as error:  # noqa: BLE001 - a defect of the kit is no verdict on the client
        return ScriptReport(script, "kit error", why=repr(error))
    if findings := findings_of(run):
        return ScriptReport(script, "failed", findings, "", run.spent, run.lost, run.story, bool(run.outcomes))
    why = _not_exercised(run)
    verdict: CaseVerdict = "not exercised" if why else "passed"
    return ScriptReport(script, verdict, (), why, run.spent, story=run.story, tells=bool(run.outcomes))


def _not_exercised(run: Observed) -> str:
    if run.unstruck:
        return f"planned, and never struck: {', '.join(run.unstruck)}"
    deliveries = run.script.deliveries
    if deliveries and not run.taken and not any(rule.phase == "webhook" for rule in run.script.scenario.faults):
        return "no webhook came to be handed over: the client had it sent elsewhere"
    return ""


def _listed(case: Case) -> str:
    names: Sequence[str] = sorted({name for script in case.scripts for name in script.providers})
    return ", ".join(names)
