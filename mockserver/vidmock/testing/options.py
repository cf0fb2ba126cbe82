"""The arguments of ``MockServer`` and of the pytest marker, as settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.scenario.scenario import apply_to_settings, find_scenario
from vidmock.engine.time.durations import Duration, to_seconds
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.behaviours import check_behaviours
from vidmock.engine.world.settings import Settings
from vidmock.problems import BadRequest
from vidmock.schema.catalog import ModelCatalog
from vidmock.schema.known_media import Listing, Probe, media_from_mapping, read_media
from vidmock.schema.model_files import read_models

_QUEUED_PART = 0.1
"""How much of a job's time it spends in the queue, where only the whole of it is given."""

Media = Probe | Listing | Path | str
"""What is known of input files: a function of a URL, facts by URL, or a JSON file of them."""


Models = str | Path | Sequence[str | Path]
"""Files of models, or folders of them."""


def settings_with(
    base: Settings,
    seed: int | None = None,
    clock: str | Mode | None = None,
    latency: Duration | Latency | None = None,
    scenario: str | None = None,
    behaviours: Mapping[str, str] | None = None,
    media: Media | None = None,
    memory: int | None = None,
    models: Models | None = None,
    any_model: bool | None = None,
) -> Settings:
    """*base* with the arguments that are given.

    A *latency* that is a length of time is what every job takes, from its submission to its end. *scenario* is the name
    of one that comes with this package, or a file; the other arguments override what it says. *behaviours* are switches
    of the providers by name, and *media* is what is known of input files. All keys together may hold *memory* MB.
    *models* are files of your own models, or folders of them, besides those that there are already; with *any_model*,
    every other name is that of a model as well.

    Raises:
        BadRequest: an argument makes no sense; the message says what would.
    """
    if models is not None or any_model is not None:
        base = replace(base, catalog=_catalog(base.catalog, models or (), any_model))
    if scenario is not None:
        played = find_scenario(scenario, base.catalog)
        check_behaviours(played.behaviours)
        base = apply_to_settings(base, played)
    changes: dict[str, Any] = {}
    if seed is not None:
        changes["seed"] = seed
    if clock is not None:
        changes["clock"] = clock if isinstance(clock, Mode) else Mode.parse(clock)
    if behaviours is not None:
        changes["behaviours"] = {**base.behaviours, **check_behaviours(behaviours)}
    if memory is not None:
        if memory < 1:
            raise BadRequest(f"memory must be at least 1 MB, not {memory}")
        changes["memory"] = memory * 2**20
    if media is not None:
        changes["media"] = _probe(media)
    if isinstance(latency, Latency):
        changes["latency"] = latency
    elif latency is not None:
        whole = to_seconds(latency)
        wait = whole * _QUEUED_PART
        changes["latency"] = Latency((wait, wait), (whole - wait, whole - wait))
    return replace(base, **changes)


def _catalog(catalog: ModelCatalog, models: Models, any_model: bool | None) -> ModelCatalog:
    """*catalog* with those of *models*, each in place of one of its name; *any_model* if that is said."""
    places = [models] if isinstance(models, str | Path) else models
    whatever = catalog.any_model if any_model is None else any_model
    return ModelCatalog([*catalog.own, *read_models(places).models], any_model=whatever)


def _probe(media: Media) -> Probe:
    try:
        if isinstance(media, str | Path):
            return read_media(media)
        return media_from_mapping(media) if isinstance(media, Mapping) else media
    except (BadRequest, ValueError) as error:
        raise BadRequest(f"media: {error}") from error
