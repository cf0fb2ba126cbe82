"""The least that a mock on Starlette does: it reads JSON, and answers JSON."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def accept(request: Request) -> JSONResponse:
    await request.json()
    return JSONResponse({"id": "00000000-0000-4000-8000-000000000000-u1", "status": "IN_QUEUE"})


app = Starlette(routes=[Route("/", accept, methods=["POST"])])
