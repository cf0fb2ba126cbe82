"""The providers that the checker's clients can use, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vidmock.integrity.apis.eachlabs_api import EachlabsApi
from vidmock.integrity.apis.fal_api import FalApi
from vidmock.integrity.apis.runpod_api import RunpodApi
from vidmock.integrity.apis.runware_api import RunwareApi
from vidmock.integrity.apis.video_api import VideoApi

_ALL: Final[tuple[VideoApi, ...]] = (RunpodApi(), RunwareApi(), FalApi(), EachlabsApi())
VIDEO_APIS: Final[Mapping[str, VideoApi]] = MappingProxyType({api.name: api for api in _ALL})
