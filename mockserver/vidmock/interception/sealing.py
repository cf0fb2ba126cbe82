"""Seals this process, and all that it starts, into a network of its own, which has loopback and nothing else.

That is a network namespace of Linux (network_namespaces(7)). For who is not root, it lies in a user namespace
(user_namespaces(7)) in which the user is the same as outside, so files have the owner that they would have.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of unshare(2)."""
_SET_FLAGS, _UP = 0x8914, 0x1
"""SIOCSIFFLAGS and IFF_UP of netdevice(7)."""


class NotSealed(Exception):
    """There is no network namespace to be had here; the message says why, and what to do."""


def seal() -> None:
    """Leave the network for one that has loopback only. There is no way back.

    Raises:
        NotSealed: this system has no such thing, or does not let this user do it.
    """
    if sys.platform != "linux":
        raise NotSealed(f"--sealed needs a network namespace of Linux, and this is {sys.platform}")
    user, group = os.getuid(), os.getgid()
    try:
        try:
            _unshare(_NEW_NETWORK)
        except PermissionError:
            _unshare(_NEW_USER | _NEW_NETWORK)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        _bring_up_loopback()
    except OSError as error:
        raise NotSealed(
            f"--sealed needs a network namespace, and the kernel refuses one to this user ({error.strerror}). In a "
            "container, give it --cap-add SYS_ADMIN or --network none; on a machine, see the sysctls "
            "user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns. Nothing was run"
        ) from error


def _unshare(what: int) -> None:
    """As unshare(2), which Python has from 3.12 on only."""
    if ctypes.CDLL(None, use_errno=True).unshare(what) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _bring_up_loopback() -> None:
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP))
