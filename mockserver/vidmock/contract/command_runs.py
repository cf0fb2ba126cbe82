"""A command that is run for each script as ``vidmock run`` runs it, and judged by what it did on the wire alone."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Final

from vidmock.contract.case import ClientScript, Feature
from vidmock.contract.command_words import command_words
from vidmock.contract.interruption import Interruption
from vidmock.contract.observation import KEY, ClientFolder, ClientRun, observe
from vidmock.contract.observed import Observed
from vidmock.contract.own_calls import with_own_calls
from vidmock.contract.paid_calls import PaidCall
from vidmock.contract.process_group import ProcessGroup, ProcessGroups, ProgramNotStarted, Say
from vidmock.contract.real_time import PLENTY, in_real_time
from vidmock.contract.watchdog import Watchdog
from vidmock.contract.watched_thread import BETWEEN_LOOKS, Hangs
from vidmock.engine.scenario.scenario import Scenario, apply_to_settings
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.problems import BadRequest
from vidmock.testing.mock_server import MockServer

COMMAND_WATCHDOG: Final = 20.0
"""Seconds that a command has to end, beside those in which its script plays."""

_PATIENCE: Final = 10.0
"""Seconds after which it is said that a command has not ended yet."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What the command does when nothing goes wrong: so many *generations*, of which it *downloads* the files."""

    generations: int
    downloads: bool


class CommandRuns:
    """Runs *command*, a program that asks *provider* for videos and ends. ``close`` ends what runs.

    It *lacks* those features. The models that it may ask for are those of the catalogue of *paid*.

    What it prints in its rehearsal goes to *say*; of later runs, the last lines are in their stories.

    Raises:
        BadRequest: *command* is none.
    """

    real_time: Final = True

    def __init__(
        self,
        command: str,
        provider: str,
        say: Say,
        lacks: frozenset[Feature] = frozenset(),
        paid: PaidCall | None = None,
    ) -> None:
        self._argv, self._provider = command_words(command, "--run 'python app.py'"), provider
        self._groups = ProcessGroups()
        self._say, self._lacks, self._paid = say, lacks, paid
        self._ordinary = Ordinary(1, downloads=False)

    @property
    def features(self) -> frozenset[Feature]:
        """What it can do: whether it downloads has been seen, and the rest is taken for granted."""
        found: set[Feature] = {"cancels", "interrupts", "public_only"}
        if self._ordinary.downloads:
            found.add("downloads")
        return frozenset(found - self._lacks)

    def run_script(self, script: ClientScript) -> Observed:
        """As ``RunsScripts.run_script``. Raises Hangs, NotApplicable, ProgramNotStarted."""
        generations = self._ordinary.generations
        run = self._run(in_real_time(with_own_calls(script, generations)), lambda line: None)
        return replace(run, generations=generations)

    def close(self) -> None:
        self._groups.close()

    def rehearse(self) -> None:
        """Run it while nothing goes wrong, and note what it does.

        Raises:
            BadRequest: it does not run, does not end, gets no video, or asks another provider.
        """
        script = ClientScript(
            "rehearsal", (self._provider,), Scenario("rehearsal", ""), ("video",), {}, deadline=PLENTY, paid=self._paid
        )
        try:
            run = self._run(in_real_time(script), self._say, rehearsing=True)
        except ProgramNotStarted as refusal:
            raise BadRequest(str(refusal)) from refusal
        except Hangs as hangs:
            raise BadRequest(
                f"{hangs}, though nothing went wrong: what is tried asks for its videos, and ends"
            ) from hangs
        if not run.jobs:
            raise BadRequest(
                f"the command had {self._provider} make no video. {run.story.splitlines()[-1]}\n"
                "docs/ways-in.md says which clients are led here, and how to lead others"
            )
        if lost := [job.id for job in run.jobs if not job.collected]:
            raise BadRequest(
                f"nothing went wrong, and the command did not get the result of {', '.join(lost)}. "
                f"{run.story.splitlines()[-1]}"
            )
        self._ordinary = Ordinary(len(run.jobs), all(job.downloaded for job in run.jobs))

    def _run(self, script: ClientScript, say: Say, *, rehearsing: bool = False) -> Observed:
        catalog = script.paid_call(self._provider).catalog
        settings = apply_to_settings(Settings(seed=1, clock=Mode("real"), catalog=catalog), script.scenario)
        with MockServer(settings) as mock, ClientFolder() as folder:
            group = self._groups.start(self._argv, _environment(mock), say)
            interruption = Interruption(script.interrupted, lambda: bool(len(mock.jobs)), group.interrupt)
            try:
                _wait(group, script.deadline + COMMAND_WATCHDOG, interruption, self._say if rehearsing else None)
                how = f"It {group.how_it_ended()}, and {group.last_words()}."
            finally:
                self._groups.end(group)
            ended = ClientRun(script, self._provider, (), (), (), folder, None, uninterrupted=interruption.is_due)
            asked = sorted({job.provider for job in mock.jobs} - {self._provider}) if rehearsing else []
            if asked:
                raise BadRequest(
                    f"the command asks {' and '.join(asked)} for videos, and not only {self._provider}. "
                    f"Try: --provider {asked[0]}"
                )
            run = observe(ended, mock)
        return replace(run, story=f"{run.story}\n{how}")


def _wait(group: ProcessGroup, seconds: float, interruption: Interruption, say: Say | None) -> None:
    """Wait for the end of *group*, and *say* once that it is still waited for. Raises Hangs."""
    watchdog, patience = Watchdog(seconds), Watchdog(min(_PATIENCE, seconds / 2))
    while not group.wait(BETWEEN_LOOKS):
        interruption.look()
        if say and patience.is_over:
            say(
                f"vidmock: the command has not ended yet, though nothing goes wrong: it is, after {seconds:g} s or more"
            )
            say = None
        if watchdog.is_over:
            raise Hangs(f"the command had not ended after {seconds:g} s")


def _environment(mock: MockServer) -> dict[str, str]:
    """The variables that lead a command to *mock*, with the key whose use is looked at."""
    return {**os.environ, **mock.world(KEY).environment()}
