"""Options of ``vidmock serve`` by variables of the environment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from vidmock.cli import serve
from vidmock.cli.variables import in_the_users_words, take_variables, variable_of
from vidmock.problems import BadRequest


def parsed(environ: dict[str, str], *argv: str) -> Any:
    parser = argparse.ArgumentParser()
    serve.add_options(parser)
    take_variables(parser, environ)
    return parser.parse_args(argv)


def test_every_option_has_a_variable() -> None:
    parser = argparse.ArgumentParser()
    serve.add_options(parser)
    values = {"int": "3", "log_format": "json"}
    for action in parser._actions:
        option = action.option_strings[-1]
        if option in ("--help", "--models"):
            continue
        text = "1" if action.nargs == 0 or action.type is int else values.get(action.dest, "text")
        found = getattr(parsed({variable_of(option): text}), action.dest)
        assert found != action.default or option == "--log-format"
        assert found in (True, 1, "text", "json", ["text"], Path("text"))


def test_the_command_line_goes_first_and_lists_have_commas() -> None:
    environ = {"VIDMOCK_PORT": "9000", "VIDMOCK_SEED": "7", "VIDMOCK_API_KEY": "a, b", "VIDMOCK_QUIET": "off"}
    found = parsed(environ, "--port", "0", "--api-key", "c")
    assert (found.port, found.seed, found.api_key, found.quiet) == (0, 7, ["a", "b", "c"], False)


def test_external_urls_of_a_variable_are_one_for_each_host() -> None:
    environ = {"VIDMOCK_EXTERNAL_URL": "https://mock.test, queue.fal.run=https://fal.mock.test"}
    wanted = ("https://mock.test", "queue.fal.run=https://fal.mock.test")
    assert serve.settings_of(parsed(environ)).external_urls == wanted
    with pytest.raises(BadRequest) as caught:
        serve.settings_of(parsed(environ, "--external-url", "http://mock.test"))
    assert str(in_the_users_words(caught.value, environ)).startswith(
        "--external-url (VIDMOCK_EXTERNAL_URL) has two for clients that came by mock.test: "
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("VIDMOCK_PORT", "http", "VIDMOCK_PORT must be a whole number, not 'http'"),
        ("VIDMOCK_QUIET", "maybe", "VIDMOCK_QUIET must be 1 or 0, not 'maybe'"),
        ("VIDMOCK_LOG_FORMAT", "xml", "VIDMOCK_LOG_FORMAT must be one of text, json, not 'xml'"),
    ],
)
def test_a_bad_value_names_the_variable(name: str, text: str, said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parsed({name: text})
    assert str(caught.value) == said


def test_a_value_that_makes_no_sense_names_the_variable_as_well() -> None:
    environ = {"VIDMOCK_PORT": "99999"}
    with pytest.raises(BadRequest) as caught:
        serve.settings_of(parsed(environ))
    told = str(in_the_users_words(caught.value, environ))
    assert told == "--port (VIDMOCK_PORT) must be between 0 and 65535, not 99999"
    assert str(in_the_users_words(caught.value, {})) == str(caught.value)
