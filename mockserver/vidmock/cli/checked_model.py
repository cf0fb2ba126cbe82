"""The options of ``vidmock check`` that say which model a client is asked for, and what that is sent."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vidmock.cli import own_models
from vidmock.contract.asked_model import ASSUMED_PRICE, led_by, paid_call_of
from vidmock.contract.paid_calls import PaidCall
from vidmock.problems import BadRequest
from vidmock.schema.pricing import UNKNOWN_PRICE, price_of
from vidmock.user_files import as_request, read_user_file


def add_checked_model_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which model")
    own_models.add_models_option(group)
    own_models.add_any_model_option(group)
    group.add_argument("--model", metavar="ID", help="what the client is asked for, instead of the provider's sample")
    group.add_argument("--input", metavar="FILE", help="a JSON file with an input that the model takes")


def checked_model(arguments: argparse.Namespace) -> PaidCall | None:
    """What clients are asked for; ``None`` is their provider's sample.

    Raises:
        BadRequest: it is not said which of several models, or none of them is the provider's.
    """
    provider, named = arguments.provider, arguments.model
    catalog = own_models.catalog_of(arguments)
    if arguments.whole is not None:
        if named or arguments.input:
            raise BadRequest("--model and --input are for clients that are asked: a command asks for what it likes")
        return led_by(provider, catalog) if catalog.own or catalog.any_model else None
    if named is None:
        own = [model.id for model in catalog.own if model.provider == provider]
        if len(own) > 1:
            raise BadRequest(f"say which model the client is asked for: --model {' or '.join(sorted(own))}")
        if not own:
            if arguments.models:
                raise BadRequest(f"--models has no model of {provider}: name one of another folder")
            if arguments.any_model or arguments.input:
                raise BadRequest("say which model the client is asked for: --model ID")
            return None
        (named,) = own
    given = as_request(arguments.input, read_user_file(Path(arguments.input))) if arguments.input else None
    if given is not None and not isinstance(given, dict):
        raise BadRequest(f"{arguments.input} must be an input: a JSON object")
    paid = paid_call_of(provider, catalog, named, given)
    if not price_of(catalog.find(provider, paid.model, given=paid.input), paid.input).known:
        own_models.tell(f"{paid.model}: {UNKNOWN_PRICE}, so {ASSUMED_PRICE} USD a job is assumed")
    own_models.tell(f"asked of the client: {paid.model} with {json.dumps(paid.input, ensure_ascii=False)}")
    return paid
