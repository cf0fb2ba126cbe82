"""The port on which a server listens. It can be bound before anything that serves it is loaded: clients wait."""

from __future__ import annotations

import errno
import socket

from vidmock.problems import Problem, public

BACKLOG = 2048


@public
class PortTaken(Problem):
    """The server cannot listen: *host_is_ours* says that the port is the reason, and another one would do."""

    def __init__(self, host: str, port: int, why: str, *, host_is_ours: bool) -> None:
        hint = "Try another port: --port 0 takes any free one"
        if not host_is_ours:
            hint = "--host is an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
        super().__init__(f"cannot listen on {host}:{port}: {why}. {hint}")


def bind(host: str, port: int) -> socket.socket:
    """Make a listening socket on *host*, *port* (0 for any free one).

    Raises:
        PortTaken: somebody else has the port, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because with protocol 0 asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        ours = error.errno in (errno.EADDRINUSE, errno.EACCES)
        raise PortTaken(host, port, (error.strerror or str(error)).lower(), host_is_ours=ours) from error
    listener.setblocking(False)  # noqa: FBT003 - takes no names
    return listener
