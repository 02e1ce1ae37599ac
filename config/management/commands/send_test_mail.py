"""Does mail arrive, and is it believed? Sends one letter and says what the sender's domain lacks."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.management.base import BaseCommand, CommandError, CommandParser

SELECTORS = ("default", "dkim", "mail", "google", "selector1", "s1", "k1")  # what common providers call their DKIM key


class Unanswered(Exception):
    """The name server said nothing; what the domain has is unknown."""


class Domain:
    """What a domain publishes about its mail."""

    def __init__(self, name: str, resolver: dns.resolver.Resolver) -> None:
        self.name = name
        self.resolver = resolver

    def texts(self, name: str, start: str) -> list[str]:
        """The TXT records of `name` that begin with `start`. Raises Unanswered."""
        try:
            answer = self.resolver.resolve(name, "TXT", lifetime=5)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise Unanswered(str(error)) from error
        found = [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [text for text in found if text.lower().startswith(start)]

    def spf(self) -> str | None:
        """What is wrong with who may send (RFC 7208), or None."""
        records = self.texts(self.name, "v=spf1")
        if not records:
            return f"SPF is missing. Publish at {self.name} a TXT record as: v=spf1 mx a:{settings.EMAIL_HOST} -all"
        if len(records) > 1:
            return f"SPF: {self.name} has {len(records)} records, which counts as none (RFC 7208, 4.5). Keep one."
        if not records[0].rstrip().endswith(("-all", "~all")) and "redirect=" not in records[0]:
            return f"SPF of {self.name} lets anybody send: it should end with -all. It says: {records[0]}"
        return None

    def dkim(self, selectors: tuple[str, ...]) -> str | None:
        """What is wrong with the signature's key (RFC 6376), or None."""
        for selector in selectors:
            for record in self.texts(f"{selector}._domainkey.{self.name}", ""):
                if "p=" in record:
                    return f"DKIM: the key {selector} is revoked (p= is empty)." if "p=;" in f"{record};" else None
        names = ", ".join(selectors)
        return (
            f"DKIM: no key at {self.name} under {names}. Give yours with --selector NAME, or have the mail server sign."
        )

    def dmarc(self) -> str | None:
        """What is wrong with the policy (RFC 7489), or None. Looks at the domain above as well."""
        above = self.name.partition(".")[2]
        for name in (self.name, above) if "." in above else (self.name,):
            if records := self.texts(f"_dmarc.{name}", "v=dmarc1"):
                if "p=none" in records[0].replace(" ", ""):
                    return f"DMARC of {name} only watches (p=none). Once all is well, make it p=quarantine."
                return None
        report = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{self.name}"
        return f"DMARC is missing. Publish at _dmarc.{self.name} a TXT record as: {report}"

    def faults(self, selectors: tuple[str, ...]) -> Iterator[str]:
        """What the domain lacks, each with the record that would mend it. `selectors`: names under which DKIM keys may lie."""
        for ask in (self.spf, lambda: self.dkim(selectors), self.dmarc):
            if fault := ask():
                yield fault


class Command(BaseCommand):
    help = "Send one letter to ADDRESS, and say what SPF, DKIM and DMARC of the sender's domain lack."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")
        parser.add_argument(
            "--selector", action="append", default=[], help="the name of the DKIM key that your mail server signs with"
        )
        parser.add_argument("--nameserver", help="ask this name server, as 192.0.2.53 or 192.0.2.53:5353")

    def handle(self, *args: Any, **options: Any) -> None:
        self._send(options["address"])
        domain = Domain(
            parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2], self._resolver(options["nameserver"])
        )
        try:
            faults = list(domain.faults((*options["selector"], *SELECTORS)))
        except Unanswered as error:
            self.stdout.write(f"SPF, DKIM and DMARC of {domain.name} are unknown, for no name server answers: {error}")
            return
        for fault in faults:
            self.stdout.write(f"- {fault}")
        if not faults:
            self.stdout.write(f"SPF, DKIM and DMARC of {domain.name} are in order.")

    def _send(self, address: str) -> None:
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if settings.EMAIL_URL else settings.EMAIL_FILE_PATH
        text = f"This letter shows that {settings.BASE_URL} can send letters.\n"
        try:
            EmailMessage("Qonaq can send letters", text, to=[address], connection=get_connection(timeout=20)).send()
        except (OSError, smtplib.SMTPException) as error:
            raise CommandError(f"{where} did not take the letter: {error}") from error
        self.stdout.write(
            f"Sent from {settings.DEFAULT_FROM_EMAIL} to {address} by {where}. See that it arrived, and not as spam."
        )

    def _resolver(self, nameserver: str | None) -> dns.resolver.Resolver:
        if not nameserver:
            try:
                return dns.resolver.Resolver()
            except dns.resolver.NoResolverConfiguration:
                return dns.resolver.Resolver(configure=False)
        resolver = dns.resolver.Resolver(configure=False)
        host, _, port = nameserver.partition(":")
        resolver.nameservers, resolver.port = [host], int(port or 53)
        return resolver
