"""The TLS of a server. What takes cryptography, which is long to load, is loaded when it is needed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vidmock.server.authority_note import KEY_FILE, noted_certificate
from vidmock.server.state_folder import find_state_folder

if TYPE_CHECKING:
    import ssl

    from vidmock.server.certificates import CertificateAuthority


class ServerCertificate:
    """The TLS of a server for *names*: the authority is made when it is first needed, certificates are renewed in time.

    Raises:
        NoStateFolder: from each method, the authority's folder cannot be read or written.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = sorted(names)
        self._context: ssl.SSLContext | None = None
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    def file(self) -> Path:
        """The file of the authority that clients must trust."""
        return self._file

    def context(self, now: datetime | None = None) -> ssl.SSLContext:
        """The TLS context for connections that begin *now*."""
        from vidmock.server.certificates import CERTIFICATE_LIFE, CertificateAuthority

        now = now or datetime.now(UTC)
        if self._context is None or now >= self._renew_at:
            if self._context is not None:
                self._authority = CertificateAuthority(self._names, self._folder, now)
            self._context = self._authority.context(self._names, now)
            self._renew_at = now + CERTIFICATE_LIFE / 2
        return self._context

    @cached_property
    def _folder(self) -> Path:
        """Looked for once: where it is not the usual one, that is said."""
        return find_state_folder(KEY_FILE)

    @cached_property
    def _file(self) -> Path:
        return noted_certificate(self._names, self._folder) or self._authority.certificate

    @cached_property
    def _authority(self) -> CertificateAuthority:
        from vidmock.server.certificates import CertificateAuthority

        return CertificateAuthority(self._names, self._folder)
