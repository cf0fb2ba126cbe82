"""Runware's storage: files that a task uploads as a URL, a data URI or base64, and that are then served here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from vidmock.engine.jobs.video import video_file
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.uploads import LONGEST_URL, Upload, upload_names
from vidmock.engine.world.world import new_id
from vidmock.media.formats import content_type, format_of_media_type
from vidmock.media.sniffer import sniff
from vidmock.problems import NoSuchFile
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Surface
from vidmock.providers.exchange.files import find_stored_file
from vidmock.providers.exchange.judging import found_in
from vidmock.providers.runware import stand_in
from vidmock.providers.runware.request import BadParameter, Task, TaskAnswer
from vidmock.schema.base64_text import decode_base64

STORED_SECONDS = 30 * 24 * 3600.0
"""For how many seconds a file is kept after it was stored, or last used as an input."""

_IMAGES: Final = ("jpg", "png", "webp", "bmp", "gif")
"""The formats that ``imageUpload`` accepts, as on its page."""
_WITH_FILES: Final = ("inputs", "seedImage", "maskImage", "controlNet", "ipAdapters", "pulid", "puLID")
"""The members of a task that hold files."""
_UNKNOWN_SUFFIX: Final = "bin"
_DATA = re.compile(r"data:([a-z0-9.+-]{1,128}/[a-z0-9.+-]{1,128});base64,", re.IGNORECASE)
_URL = re.compile(r"https?://[^/?#\s]\S*\Z", re.IGNORECASE)


class RunwareStorage:
    """The upload tasks, and the files, which are served at *surface*."""

    def __init__(self, engine: Engine, surface: Surface) -> None:
        self._engine = engine
        self._surface = surface

    async def image_upload(self, task: Task) -> TaskAnswer:
        upload = await self._stored(task, "image")
        return task.answered(imageUUID=upload.id, imageURL=self._url(task.call, upload))

    async def media_storage(self, task: Task) -> TaskAnswer:
        operation = task.text("operation")
        if operation == "upload":
            upload = await self._stored(task, "media")
            return task.answered(operation=operation, mediaUUID=upload.id, mediaURL=self._url(task.call, upload))
        if operation == "delete":
            return task.answered(operation=operation, mediaUUID=self._deleted(task))
        raise BadParameter("operation", "It must be upload or delete.")

    async def serve(self, call: Call) -> Response:
        """The file in the path. Raises NoSuchFile: unknown or expired."""
        name = call.request.path_params["file"]
        stored = find_stored_file(call, self._engine.worlds, name.rsplit(".", 1)[0], _path)
        if stored is None:
            raise NoSuchFile(name)
        return await stored.response(call)

    def use(self, task: Task) -> None:
        """Keep the world's files that are inputs of *task*, an accepted one, for ``STORED_SECONDS`` more."""
        files = task.world.files
        places = [place for member in _WITH_FILES for place in _texts(task.fields.get(member))]
        for place in places:
            for name in upload_names(place[:LONGEST_URL]):
                if upload := files.get(name):
                    files.put(replace(upload, expires=task.call.now + STORED_SECONDS))

    async def _stored(self, task: Task, parameter: str) -> Upload:
        # The id is checked first: without it there is no answer, so the file must not be stored.
        task.text("taskUUID")
        media_type, data, source = await self._read(task.call, task.text(parameter), parameter)
        world = task.world
        if parameter == "image" and not media_type.startswith("image/"):
            raise BadParameter(parameter, f"It must be an image, not {media_type}.")
        # The id that a dry run is told leads nowhere, and nothing is drawn for it.
        dry_id = str(uuid.uuid5(uuid.UUID(task.call.label), task.id))
        upload = Upload(
            id=dry_id if task.dry else new_id(world.draw()),
            world=world.key,
            name=_suffix(media_type),
            content_type=media_type,
            data=data,
            expires=task.call.now + STORED_SECONDS,
            source=source,
        )
        if not task.dry:
            world.files.put(upload)
        return upload

    def _deleted(self, task: Task) -> str:
        task.text("taskUUID")
        files, media = task.world.files, task.text("media")
        if files.get(media) is None:
            raise BadParameter("media", "No file of that UUID is stored here.")
        if not task.dry:
            files.drop(media)
        return media

    async def _read(self, call: Call, source: str, parameter: str) -> tuple[str, bytes, str]:
        """The content type and bytes of *source*, and the URL of the file that they stand in for, or "".

        Raises:
            BadParameter: *source* is none of a URL, a data URI and base64, or not a known type of file.
        """
        if len(source) <= LONGEST_URL and _URL.match(source):
            return self._fetched(call, source, parameter)
        return *await found_in(call, lambda: _contained(source, parameter)), ""

    def _fetched(self, call: Call, url: str, parameter: str) -> tuple[str, bytes, str]:
        """The file at *url*, if it is on this server; else a file in its place, because nothing is downloaded."""
        worlds = self._engine.worlds
        if upload := worlds.upload_at(url):
            return upload.content_type, upload.data, upload.source
        name = url.split("?", 1)[0].rsplit("/", 1)[-1]
        place = worlds.output(name.split(".", 1)[0])
        if place and place[1].made(place[2], call.moment_in(place[0])):
            return content_type(place[2].container), video_file(place[1], place[2]), ""
        return (
            *(stand_in.stand_in_picture() if parameter == "image" else stand_in.stand_in_clip_or_picture(name)),
            url,
        )

    def _url(self, call: Call, upload: Upload) -> str:
        return self._surface.url(call.origin, _path(upload), _kind(upload))


def _path(upload: Upload) -> str:
    """The path on the media host. That it begins with the kind of file is inferred."""
    return f"/{_kind(upload)}/ii/{upload.id}.{upload.name}"


def _kind(upload: Upload) -> str:
    return upload.content_type.partition("/")[0]


def _texts(node: object) -> Iterator[str]:
    """The strings in *node*, a member of a valid task with files: a few."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _texts(part)


def _suffix(media_type: str) -> str:
    known = format_of_media_type(media_type)
    return known.name if known else _UNKNOWN_SUFFIX


def _sniffed(data: bytes, parameter: str) -> str:
    """The media type of *data*, found from its bytes. Raises BadParameter: unknown, or not accepted."""
    found = sniff(data)
    if found is None or found.kind == "other":
        raise BadParameter(parameter, "It is of no known file type; say which as data:<type>;base64,…")
    if parameter == "image" and found.kind == "image" and found.name not in _IMAGES:
        raise BadParameter(parameter, f"It must be one of {', '.join(_IMAGES)}, not {found.name}.")
    return found.media_type


def _contained(source: str, parameter: str) -> tuple[str, bytes]:
    """The content type and bytes of the file in *source*. Raises BadParameter: there is none of a known type."""
    if match := _DATA.match(source):
        data = _decoded(source[match.end() :], parameter)
        declared = format_of_media_type(match[1])
        return declared.media_type if declared else match[1].lower(), data
    data = _decoded(source, parameter)
    return _sniffed(data, parameter), data


def _decoded(text: str, parameter: str) -> bytes:
    data = decode_base64(text)
    if not data:
        raise BadParameter(parameter, "It must be a URL, a data URI or base64.")
    return data
