"""The page of a server, for whoever sits at this machine."""

from __future__ import annotations


def page_address(url: str) -> str:
    """The address of the page of the server at *url*."""
    from vidmock.server.control.prefix import PREFIX

    return f"{url}{PREFIX}/"


def open_page(url: str) -> None:
    """Open the page of the server at *url* in the browser; where there is none, a line says so."""
    import logging
    import webbrowser

    if not webbrowser.open(page_address(url)):
        logging.getLogger("vidmock").warning("vidmock: no browser can be opened; the page is at %s", page_address(url))
