"""``vidmock ca``: prints the path of the certificate that TLS clients must trust."""

from __future__ import annotations

import argparse

from vidmock.cli.output import Parsers, say


def add_to(commands: Parsers) -> None:
    parser = commands.add_parser("ca", help="print the path of the certificate to trust (made on first use)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from vidmock.server.app import emulated_hosts
    from vidmock.server.certificates import CertificateAuthority

    say(str(CertificateAuthority(emulated_hosts()).certificate))
    return 0
