"""The page of a server, for whoever sits at this machine."""

from __future__ import annotations

from typing import Final

from vidmock.server.control.prefix import PREFIX

PAGE_PATH: Final = f"{PREFIX}/"


def open_page(url: str) -> None:
    """Open the page of the server at *url* in the browser; where there is none, a line says so."""
    import logging
    import webbrowser

    if not webbrowser.open(f"{url}{PAGE_PATH}"):
        logging.getLogger("vidmock").warning(
            "vidmock: there is no browser to open; the page is at %s%s", url, PAGE_PATH
        )
