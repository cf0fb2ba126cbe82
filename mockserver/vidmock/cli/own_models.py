"""The option ``--models``: a user's own models, beside those that come with vidmock."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from vidmock.cli.output import legible
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from vidmock.schema.catalog import Model, ModelCatalog

VARIABLE = "VIDMOCK_MODELS"
"""The variable that names the files and folders where the option does not, as ``PATH`` names folders."""


def add_models_option(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--models",
        action="append",
        metavar="DIR",
        help=f"your own models: a folder of files in the form of docs/schema-format.md; repeatable ({VARIABLE})",
    )


def add_any_model_option(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--any-model",
        action="store_true",
        help="serve any model that is asked for: it takes everything, and its price is unknown",
    )


def places_of(arguments: argparse.Namespace) -> list[str]:
    """The files and folders that the option names, or else the variable.

    Raises:
        BadRequest: a name is empty, as where a shell's variable is not set.
    """
    named: list[str] = arguments.models or [place for place in os.environ.get(VARIABLE, "").split(os.pathsep) if place]
    if "" in named:
        raise BadRequest("--models must name a folder or a file. Is a variable of the shell not set?")
    return named


def catalog_of(arguments: argparse.Namespace) -> ModelCatalog:
    """The models that come with vidmock, and those that the option names.

    Raises:
        BadRequest: a file is wrong; the message has a line for each mistake.
    """
    from vidmock.schema.catalog import SHIPPED

    places, any_model = places_of(arguments), getattr(arguments, "any_model", False)
    if not (places or any_model):
        return SHIPPED
    from vidmock.schema.catalog import ModelCatalog
    from vidmock.schema.model_files import read_models

    read = read_models(places)
    if not getattr(arguments, "quiet", False):
        for notice in read.notices:
            tell(notice)
    return ModelCatalog(read.models, any_model=any_model)


def tell(line: str) -> None:
    """Print *line* for whoever has written the models."""
    print(f"vidmock: {legible(line)}", file=sys.stderr, flush=True)


def model_lines(models: Sequence[Model], last: Callable[[Model], object]) -> Iterator[str]:
    """A line for each of *models*: provider, id, and *last*, one below the other."""
    width = max((len(model.id) for model in models), default=0)
    for model in models:
        yield f"{model.provider:<9} {model.id:<{width}}  {last(model)}"
