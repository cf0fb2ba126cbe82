"""``vidmock ca``: prints the path of the certificate that TLS clients must trust."""

from __future__ import annotations

import argparse

from vidmock.cli.output import say

EXAMPLES = ('export SSL_CERT_FILE="$(vidmock ca)"',)


def add_options(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(arguments: argparse.Namespace) -> int:
    from vidmock.providers.exchange.hosts import emulated_hosts
    from vidmock.server.tls import ServerCertificate

    say(str(ServerCertificate(emulated_hosts()).file()))
    return 0
