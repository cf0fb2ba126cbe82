"""The page of the control API: its files, and what a browser plays that no client is told of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.responses import Response

from vidmock.engine.jobs.video import video_file
from vidmock.engine.world.uploads import etag_of
from vidmock.media.formats import content_type
from vidmock.problems import NoSuchFile
from vidmock.providers.exchange.files import ranged_response
from vidmock.server.control.jobs import find_job
from vidmock.server.control.refusal import NotFound
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute
from vidmock.server.page_policy import PAGE_FOLDER

_FOLDER: Final = Path(__file__).resolve().parents[1] / "page"
_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def page_response(name: str = "index.html") -> Response:
    """The page's file of that *name*. Raises NotFound: it has none."""
    # Never by a path: a name is looked up among those that are there.
    file = next((file for file in _FOLDER.iterdir() if file.name == name and file.suffix in _TYPES), None)
    if file is None:
        raise NotFound(f"the page has no file {name!r}")
    return Response(file.read_bytes(), headers={"vary": "accept"}, media_type=_TYPES[file.suffix])


async def give_page_file(request: ControlRequest) -> Response:
    """Give a file of the page."""
    return page_response(request.path("name"))


async def give_output(request: ControlRequest) -> Response:
    """Give the file of an output, to look at: it does not count as downloaded."""
    world, job = find_job(request)
    wanted = request.path("output")
    output = next((output for output in job.outputs if output.id == wanted), None)
    if output is None or not job.made(output, world.clock.now()):
        raise NoSuchFile(wanted)
    data = video_file(job, output)
    return ranged_response(data, content_type(output.container), etag_of(data), request.http)


PAGE_ROUTES = (
    ControlRoute("GET", f"{PAGE_FOLDER}{{name}}", give_page_file, "-o page"),
    ControlRoute("GET", "/jobs/{job}/outputs/{output}", give_output, "-o video"),
)
