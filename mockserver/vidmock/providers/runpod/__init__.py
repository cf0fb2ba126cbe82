"""RunPod's queue endpoints: invalid input is accepted with 200 and becomes a FAILED job a moment later."""

from __future__ import annotations

from vidmock.providers.runpod.dialect import RunPodDialect

__all__ = ["RunPodDialect"]
