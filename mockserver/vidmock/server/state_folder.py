"""The folder that outlives the server: which one it is, and files in it that several processes may write at once."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vidmock.problems import Problem, public


@public
class NoStateFolder(Problem):
    """The certificate authority cannot be kept in *folder*, or in any, because of *error* and of what is *besides*."""

    def __init__(self, folder: Path | None, error: OSError, besides: str = "") -> None:
        where = error.filename or folder
        why = f"{where}: {(error.strerror or str(error)).lower()}" if where else (error.strerror or str(error)).lower()
        why = f"{besides}, and {why}" if besides else why
        super().__init__(
            f"cannot keep the certificates{f' in {folder}' if folder else ''}: {why}. "
            "Set VIDMOCK_STATE to a folder that you can write to"
        )


def find_state_folder(file: str) -> Path:
    """``$VIDMOCK_STATE``; else the platform's folder for a user's program state; else one for temporary files.

    A container may have no home, or one that cannot be written. Then a line says so. A folder that cannot be written,
    but has *file* already, is as good as another.

    Raises:
        NoStateFolder: there is none.
    """
    if chosen := os.environ.get("VIDMOCK_STATE"):
        # Programs that are led here may have another working directory.
        return Path(chosen).absolute()
    folder = _users_folder()
    if folder is None:
        reason = "there is no home folder"
    elif _is_writable(folder) or os.access(folder / file, os.R_OK):
        return folder
    else:
        reason = f"{folder} cannot be written"
    try:
        temporary = _temporary_folder()
    except OSError as error:
        raise NoStateFolder(None, error, reason) from error
    import logging

    log = logging.getLogger("vidmock")
    log.warning("vidmock: %s: its certificates are in %s. Set VIDMOCK_STATE to keep them elsewhere", reason, temporary)
    return temporary


def _users_folder() -> Path | None:
    """``None`` if the user has no home."""
    variable, below = ("LOCALAPPDATA", "") if sys.platform == "win32" else ("XDG_STATE_HOME", ".local/state")
    # A relative one is to be ignored, by the XDG Base Directory Specification.
    if (chosen := os.environ.get(variable)) and Path(chosen).is_absolute():
        return Path(chosen) / "vidmock"
    try:
        # An empty HOME would be the root folder.
        return None if os.environ.get("HOME") == "" else Path.home().absolute() / below / "vidmock"
    except RuntimeError:
        return None


def _temporary_folder() -> Path:
    """The same one each time, so that ``vidmock ca`` names the certificate of ``vidmock serve``. Raises OSError."""
    if sys.platform == "win32":
        folder = Path(tempfile.gettempdir()) / "vidmock"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"vidmock-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        # Somebody else may have made it, to have a key of theirs trusted.
        raise PermissionError(errno.EPERM, "others can write to it", str(folder))
    return folder


def _is_writable(folder: Path) -> bool:
    """Whether *folder* is there or can be made, and can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def write_at_once(file: Path, content: bytes, mode: int) -> None:
    """Write *file* in one step: another process never sees half of it, nor a key that others may read."""
    handle, name = tempfile.mkstemp(dir=file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(mode)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold *folder* alone among all processes and threads, as far as its file system has locks."""
    with (folder / "lock").open("ab") as file:
        with contextlib.suppress(OSError):
            _lock(file.fileno())
        # Closing the file gives the lock back.
        yield


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
