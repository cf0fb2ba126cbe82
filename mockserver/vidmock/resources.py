"""Finds the data folders, which are in the installed package or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def folder(name: str) -> Path:
    """The folder ``schemas``, ``contracts``, ``fixtures`` or ``docs``.

    A wheel has them inside the package; a checkout, installed as editable or not at all, has them at its top.

    Raises:
        FileNotFoundError: this copy of vidmock does not have the folder.
    """
    for place in (_PACKAGE / name, _CHECKOUT / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"vidmock was installed without its {name!r} folder; reinstall it from a wheel or a checkout"
    )
