"""The command line: each command is a module, which adds its own options and returns an exit code.

Only the module of the command that is run is imported: loading modules is most of the time of a short command.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TextIO

import vidmock
from vidmock.cli.output import legible
from vidmock.problems import Problem, did_you_mean

INTERRUPTED = 130
"""The exit code that shells give for a command that Ctrl-C has ended."""
COMMAND_GROUPS: Mapping[str, Mapping[str, str]] = {
    "serve and lead": {
        "serve": "serve all providers on one port",
        "run": "run a command against a mock of its own",
        "env": "print the environment that points a client at a running server",
        "state": "show, export, import and vacuum what serve --state has kept",
        "ca": "print the path of the certificate to trust (made on first use)",
    },
    "judge requests and clients": {
        "validate": "check a request against its model; exit code 1 if it is invalid",
        "price": "say what a request would cost",
        "check": "try a client against what providers do, and say what it loses",
    },
    "look up, and bring models": {
        "models": "list the models of every provider",
        "faults": "list what can go wrong, by name, and show it",
        "schemas": "list, show, bundle, compare and check the schemas of models",
        "import": "make a model's schema file of its provider's page",
    },
    "this program": {
        "doctor": "look at what surrounds it, and say what to type where something is wrong",
        "docs": "print a page of the documentation, or search all of them",
        "completion": "print what completes commands in bash, zsh or fish",
        "version": "print the version",
    },
}
"""What each command does, by purpose, in the order in which help lists them; each is a module of this package."""
COMMANDS: Mapping[str, str] = {name: about for group in COMMAND_GROUPS.values() for name, about in group.items()}
EXAMPLES: tuple[str, ...] = (
    "vidmock serve",
    "vidmock run -- python app.py",
    "vidmock price fal fal-ai/kling-video/o1/reference-to-video request.json",
    "vidmock docs clients",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 is success, 1 a negative verdict, 2 a mistake in the call or in what surrounds it."""
    with contextlib.ExitStack() as closed:
        # A stream that was closed before Python began is None.
        if sys.stdout is None:
            closed.enter_context(contextlib.redirect_stdout(closed.enter_context(_nowhere())))
        if sys.stderr is None:
            closed.enter_context(contextlib.redirect_stderr(closed.enter_context(_nowhere())))
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # What the terminal's encoding does not have is written as an escape.
                stream.reconfigure(errors="backslashreplace")
        code = _guarded(argv)
        try:
            sys.stderr.flush()
        except OSError:
            # What cannot be told changes no exit code.
            _write_nowhere(sys.stderr)
    return code


def _guarded(argv: Sequence[str] | None) -> int:
    try:
        try:
            return _run(argv)
        finally:
            # What cannot be written is noticed here, and not when Python ends.
            sys.stdout.flush()
    except Problem as problem:
        return _fail(str(problem))
    except BrokenPipeError:
        # The reader (head, less) has closed the pipe.
        _write_nowhere(sys.stdout)
        return 0
    except OSError as error:
        _write_nowhere(sys.stdout)
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{(error.strerror or str(error)).lower()}")
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of *words*, with one for their command, or for each where they name none.

    That of a command gets its options when it is used.
    """
    whole = _Parser(
        prog="vidmock",
        description="An offline stand-in for RunPod, Runware, fal and Eachlabs video APIs.",
        epilog=_command_lists() + example_lines(EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {vidmock.__version__}")
    commands = whole.add_subparsers(
        dest="command",
        metavar="COMMAND",
        required=True,
        parser_class=_CommandParser,
        help="one of those below; vidmock COMMAND --help has its options and examples",
    )
    first = next((word for word in words if not word.startswith("-")), "")
    for name in [first] if first in COMMANDS else COMMANDS:
        # Without a help of its own it is not listed here: the lists below are by purpose.
        commands.add_parser(
            name,
            description=f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    return whole


def _command_lists() -> str:
    width = max(map(len, COMMANDS)) + 2
    return "".join(
        f"{title}:\n" + "".join(f"  {name:<{width}}{about}\n" for name, about in group.items()) + "\n"
        for title, group in COMMAND_GROUPS.items()
    )


def example_lines(examples: Sequence[str]) -> str:
    """The end of a help: *examples*, a line each."""
    return "examples:\n" + "\n".join(f"  {line}" for line in examples)


class _Parser(argparse.ArgumentParser):
    """A parser that names the choice that was probably meant."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if choices and value not in choices:
            raise argparse.ArgumentError(
                action, f"there is no {value!r}.{did_you_mean(value, choices)} One of {', '.join(choices)}"
            )


class _CommandParser(_Parser):
    """The parser of one command."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        module = import_module(f"{__name__}.{self.prog.split()[-1]}")
        module.add_options(self)
        self.set_defaults(run=module.run)
        self.epilog = (f"{self.epilog}\n\n" if self.epilog else "") + example_lines(module.EXAMPLES)
        found, left = super().parse_known_args(args, namespace)
        if wrong := next((word for word in left if word.startswith("-")), None):
            # The usage of this command helps, and not that of the whole, which would be printed later.
            self.error(f"there is no option {wrong}.{did_you_mean(wrong.partition('=')[0], flags_of(self))}")
        return found, left

    def error(self, message: str) -> NoReturn:
        super().error(legible(message))


def actions_of(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """The options and arguments of *parser*."""
    return parser._actions  # noqa: SLF001 - argparse has no other list of them


def flags_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The options of *parser*, and of the actions below it."""
    for action in actions_of(parser):
        yield from action.option_strings
        for below in action.choices.values() if isinstance(action.choices, dict) else ():
            if isinstance(below, argparse.ArgumentParser):
                yield from flags_of(below)


def _run(argv: Sequence[str] | None) -> int:
    words = sys.argv[1:] if argv is None else argv
    arguments = _parser(words).parse_args(words)
    code: int = arguments.run(arguments)
    return code


def _fail(why: str, code: int = 2) -> int:
    with contextlib.suppress(OSError):
        print(f"vidmock: {legible(why)}", file=sys.stderr)
    return code


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _write_nowhere(stream: TextIO) -> None:
    """Have what is left of the output thrown away: Python would try once more to write it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
