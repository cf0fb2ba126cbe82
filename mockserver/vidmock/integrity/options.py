"""What a run of the integrity checker is asked to do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import join

from vidmock.integrity.fault_menu import GROUPS
from vidmock.integrity.registry import VIDEO_APIS


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """*url* is the server's, empty for one that is started for the run.

    A client stops after *minutes*, or after so many *operations* where these are not 0, and all of them once there are
    *most* breaches. *providers* and *faults* (groups of them) are those that clients use. *clocks* are the modes of the
    keys' clocks, in turn. *token* is the control API's. A server that is *interrupted* may at any time give no answer,
    and do what it was asked for within so many seconds; what is only observed is not held against it then.
    """

    url: str = ""
    minutes: float = 5.0
    operations: int = 0
    clients: int = 32
    seed: int = 0
    providers: tuple[str, ...] = tuple(VIDEO_APIS)
    faults: tuple[str, ...] = GROUPS
    token: str = ""
    clocks: tuple[str, ...] = ("manual", "manual", "scaled:100", "manual")
    most: int = 20
    interrupted: float = 0.0

    @property
    def line(self) -> str:
        """The command that does the same again. A token is not repeated."""
        length = ("--operations", str(self.operations)) if self.operations else ("--minutes", f"{self.minutes:g}")
        words = ["python", "-m", "vidmock.integrity", *filter(None, [self.url]), "--seed", str(self.seed)]
        words += ["--clients", str(self.clients), *length, "--providers", ",".join(self.providers)]
        words += ["--faults", ",".join(self.faults) or "none"]
        return join([*words, *(("--interrupted", f"{self.interrupted:g}") if self.interrupted else ())])


def integrity_parser() -> argparse.ArgumentParser:
    """A parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m vidmock.integrity",
        description="Uses a vidmock server with many clients at once, under faults, and checks from outside that no "
        "job, charge, refund or webhook is lost or doubled. Its API keys begin with 'integrity-'.",
    )
    parser.add_argument(
        "url", nargs="?", default="", help="the server: http://127.0.0.1:8787 (default: one of its own)"
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="for how long (default: 5)")
    parser.add_argument("--operations", type=int, default=0, help="how many operations of each client, instead")
    parser.add_argument("--clients", type=int, default=32, help="how many clients at once (default: 32)")
    parser.add_argument("--seed", type=int, default=0, help="what the clients do is drawn from it (default: 0)")
    parser.add_argument("--providers", default=",".join(VIDEO_APIS), help="some of %(default)s")
    parser.add_argument("--faults", default=",".join(GROUPS), help="some of %(default)s; or none")
    parser.add_argument("--token", default="", help="the control API's token, where the server asks for one")
    parser.add_argument(
        "--interrupted",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="what got no answer may still be done so much later, as by replicas that are killed: answers of "
        "502, 503 and 504 are no breach then, nor is a webhook that comes twice (default: 0, never)",
    )
    return parser


def parse_options(argv: Sequence[str] | None = None) -> CheckOptions:
    """The options of a command line; ends the program with a sentence where they make no sense."""
    parser = integrity_parser()
    given = parser.parse_args(argv)
    if given.url and not given.url.startswith(("http://", "https://")):
        parser.error(f"{given.url!r} is no URL; try http://127.0.0.1:8787")
    if given.clients < 1 or given.operations < 0 or given.minutes <= 0 or given.interrupted < 0:
        parser.error("--clients and --minutes must be above 0, --operations and --interrupted not below")
    providers = _some(parser, "--providers", given.providers, tuple(VIDEO_APIS))
    faults = () if given.faults == "none" else _some(parser, "--faults", given.faults, GROUPS)
    return CheckOptions(
        given.url.rstrip("/"),
        given.minutes,
        given.operations,
        given.clients,
        given.seed,
        providers,
        faults,
        given.token,
        interrupted=given.interrupted,
    )


def _some(parser: argparse.ArgumentParser, option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [word for word in chosen if word not in known]
    if unknown or not chosen:
        parser.error(f"{option} {text!r}: there is {', '.join(known)}")
    return chosen
