"""``vidmock validate``: says what is wrong with requests before they cost money, or with answers that were recorded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from vidmock.cli import media, own_models
from vidmock.cli.named_files import files_named
from vidmock.cli.output import legible, say
from vidmock.cli.request_files import REQUESTS, SEVERAL, FoundRequest, UnreadRequest, read_requests
from vidmock.cli.request_reports import REPORT_FORMATS, JudgedRequest, RequestVerdicts
from vidmock.problems import BadRequest
from vidmock.progress import Progress
from vidmock.schema.library import lints, suggest, validate
from vidmock.schema.suggestion import Suggestion
from vidmock.schema.violation import Violation
from vidmock.user_files import STANDARD_INPUT

_UNREADABLE = 2
"""The exit code where something could not be read, whatever else was found."""
EXAMPLES = (
    "vidmock validate fal fal-ai/kling-video/o1/reference-to-video request.json",
    "vidmock validate fal fal-ai/kling-video/o1/reference-to-video requests/ --strict --format sarif",
    "vidmock validate fal fal-ai/kling-video/o1/reference-to-video request.json --fix",
    "vidmock validate --answer fal answer.json",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider")
    answer = parser.add_argument(
        "--answer",
        action=_Answer,
        nargs=0,
        default=False,
        help="as the first word: the files are what the provider answered or posted to a webhook; bodies, or HAR files",
    )
    parser.add_argument("model", action=_Model, answer=answer, help="the model's id; not with --answer")
    parser.add_argument(
        "file",
        nargs="+",
        help="a file of JSON, or of JSON Lines (.jsonl, .ndjson); a folder of them, a pattern, or - for standard input",
    )
    media.add_option(parser)
    own_models.add_models_option(parser)
    parser.add_argument("--strict", action="store_true", help="warnings, too, make the exit code 1")
    parser.add_argument(
        "--provider-answer",
        action="store_true",
        help="also what the provider answers to each request, and at a job's end",
    )
    parser.add_argument("--lines", action="store_true", help="each line is a request, whatever the file's name is")
    edits = parser.add_argument_group("edits")
    edits.add_argument("--fix", action="store_true", help="show the smallest edit that makes each request valid")
    edits.add_argument("--write", action="store_true", help="with --fix: write it into the file")
    printed = parser.add_argument_group("what is printed")
    printed.add_argument("--format", choices=REPORT_FORMATS, help="how to say what was found (text)")
    printed.add_argument("--json", action="store_true", help="the same as --format=json")


class _Answer(argparse.Action):
    """The option with which the argument *model* is left out."""

    given = False

    def __call__(self, parser: object, namespace: argparse.Namespace, values: object, option: object = None) -> None:
        self.given = True
        setattr(namespace, self.dest, True)


class _Model(argparse.Action):
    """The argument *model*. The parser asks it anew at each word that is no option whether it takes one."""

    def __init__(self, option_strings: Sequence[str], dest: str, *, answer: argparse.Action, **rest: Any) -> None:
        self._answer = answer
        super().__init__(option_strings, dest, **rest)

    @property
    def nargs(self) -> str | None:
        return argparse.OPTIONAL if getattr(self._answer, "given", False) else None

    @nargs.setter
    def nargs(self, value: object) -> None:
        """What the base would set, which is what is told above."""

    def __call__(self, parser: object, namespace: argparse.Namespace, values: object, option: object = None) -> None:
        setattr(namespace, self.dest, values)


def run(arguments: argparse.Namespace) -> int:
    if arguments.answer and arguments.provider_answer:
        raise BadRequest("--provider-answer is for requests, and with --answer the files are answers: leave one out")
    named = [*filter(None, [arguments.model]), *arguments.file] if arguments.answer else arguments.file
    _check_fix(arguments)
    files = files_named(named, REQUESTS)
    judge = _judge_of_answers(arguments) if arguments.answer else _judge_of_requests(arguments)
    judged: list[JudgedRequest] = []
    mendable: list[tuple[FoundRequest, Suggestion]] = []
    unread: list[UnreadRequest] = []
    invalid = 0
    with Progress(sys.stderr) as progress:
        for done, file in enumerate(files):
            for found in _found(arguments, file):
                progress.show(f"validate: {done} of {len(files)} files, {len(judged)} read, {invalid} invalid")
                if isinstance(found, UnreadRequest):
                    unread.append(found)
                    progress.erase()
                    print(f"vidmock: {legible(found.why)}", file=sys.stderr)
                else:
                    judged.append(judge(found))
                    invalid += bool(judged[-1].violations)
                    if arguments.fix and (edit := judged[-1].suggestion) and not isinstance(found.value, str):
                        mendable.append((found, edit))
    form = arguments.format or ("json" if arguments.json else "text")
    single = files == named and len(files) == 1 and [each.name for each in judged] in ([], [files[0]], [STANDARD_INPUT])
    if judged or not single or form not in ("text", "json"):
        provider, model = arguments.provider, "answers" if arguments.answer else arguments.model
        told = RequestVerdicts(provider, model, judged, unread, single=single, answers=arguments.answer)
        if text := REPORT_FORMATS[form](told):
            say(text)
    if mendable:
        return _mend(arguments, mendable, judged, unread)
    bad = any(each.violations or (arguments.strict and each.lints) for each in judged)
    return _UNREADABLE if unread else int(bad)


def _check_fix(arguments: argparse.Namespace) -> None:
    """Raises BadRequest: what is asked for is no edit of a request."""
    if arguments.write and not arguments.fix:
        raise BadRequest("--write is for --fix: it writes the edit that --fix shows")
    if arguments.fix and (arguments.answer or arguments.json or arguments.format not in (None, "text")):
        raise BadRequest("--fix shows edits of requests as text: leave out --answer, --json and --format")
    if arguments.write and "-" in arguments.file:
        raise BadRequest("--write needs files: standard input cannot be written to. Without it, --fix shows the edit")


def _mend(
    arguments: argparse.Namespace,
    mendable: Sequence[tuple[FoundRequest, Suggestion]],
    judged: Sequence[JudgedRequest],
    unread: Sequence[UnreadRequest],
) -> int:
    """Show the edits of the requests that are *mendable*, or write them; the exit code for what is wrong then."""
    from vidmock.cli.mended_requests import difference, mended_text, write_mended

    files: dict[str, dict[int, tuple[FoundRequest, str]]] = {}
    for found, suggestion in mendable:
        after = mended_text(found, suggestion)
        files.setdefault(found.file, {})[found.line] = (found, after)
        say(difference(found, after))
    if not arguments.write:
        say("nothing was written: --write does that")
    for file, mended in files.items() if arguments.write else ():
        write_mended(file, mended)
        say(f"{file}: written, {len(mended)} mended")
    now_valid = {found.name for found, _ in mendable} if arguments.write else set()
    left = [each for each in judged if each.name not in now_valid]
    bad = any(each.violations or (arguments.strict and each.lints) for each in left)
    return _UNREADABLE if unread else int(bad)


def _found(arguments: argparse.Namespace, file: str) -> Iterator[FoundRequest | UnreadRequest]:
    if not arguments.answer:
        return read_requests(file, lines=arguments.lines)
    from vidmock.cli.recorded_answers import read_answers

    return read_answers(file, arguments.provider, lines=arguments.lines)


def _judge_of_requests(arguments: argparse.Namespace) -> Callable[[FoundRequest], JudgedRequest]:
    catalog, probe = own_models.catalog_of(arguments), media.media_probe(arguments)
    model = catalog.find(arguments.provider, arguments.model, aliases=True)

    def judge(found: FoundRequest) -> JudgedRequest:
        sent = json.dumps(found.value) if isinstance(found.value, str) else found.value
        violations = [
            replace(wrong, message=f"{wrong.message}{SEVERAL}") if _is_of_several(wrong) else wrong
            for wrong in validate(model.provider, model.id, sent, probe, catalog=catalog)
        ]
        warnings = lints(model.provider, model.id, sent, catalog=catalog)
        judged = _judged(found, violations, warnings)
        if arguments.provider_answer:
            from vidmock.server.provider_answer import provider_answer

            answer = provider_answer(model.provider, model.id, sent, probe, catalog=catalog)
            judged = replace(judged, answer=answer)
        if not violations and not warnings:
            return judged
        return replace(judged, suggestion=suggest(model.provider, model.id, sent, catalog=catalog))

    return judge


def _is_of_several(wrong: Violation) -> bool:
    """Whether *wrong* says that a list of objects is no object."""
    several = isinstance(wrong.value, list) and len(wrong.value) > 1
    return not wrong.path and several and all(isinstance(each, dict) for each in wrong.value[:2])


def _judge_of_answers(arguments: argparse.Namespace) -> Callable[[FoundRequest], JudgedRequest]:
    from vidmock.schema.answers import answers_of, validate_answer

    answers_of(arguments.provider)
    return lambda found: _judged(found, validate_answer(arguments.provider, found.value), ())


def _judged(found: FoundRequest, violations: Sequence[Violation], warnings: Sequence[Violation]) -> JudgedRequest:
    lines = found.lines_at([each.path for each in (*violations, *warnings)])
    count = len(violations)
    return JudgedRequest(
        found.file,
        found.name,
        found.line,
        list(zip(lines[:count], violations, strict=True)),
        list(zip(lines[count:], warnings, strict=True)),
        None,
    )
