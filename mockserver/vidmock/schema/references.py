"""Follows ``$ref`` inside a bundled schema, where every one points into the root's ``$defs``, or to the root itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reference_target(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What *node*'s ``$ref`` points to."""
    if node["$ref"] == "#":
        return root
    found: Mapping[str, Any] = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return found


def resolve_reference(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What *node* refers to, overridden by *node*'s own keywords; *node* itself where it has no ``$ref``."""
    return {**resolve_reference(root, reference_target(root, node)), **node} if "$ref" in node else node
