"""Letters as files, and the command that says whether mail works."""

from __future__ import annotations

import email
import io
import socket
import threading
from collections.abc import Callable, Iterator
from email import policy
from pathlib import Path
from typing import Any

import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command

from config.mail import LetterFiles
from tests.live import Sink, free_port


def test_a_letter_is_one_file_that_mail_programs_read(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    letter = EmailMultiAlternatives("Экскурсия расталды", "Қош келдіңіз!", to=["Айгүл <../a/b@example.kz>"])
    letter.attach_alternative("<p>Қош келдіңіз!</p>", "text/html")
    assert LetterFiles().send_messages([letter, letter]) == 2
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    assert all(file.suffix == ".eml" and file.parent == tmp_path for file in files)
    read = email.message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert read["Subject"] == "Экскурсия расталды"
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]


Zone = dict[str, list[str]]


@pytest.fixture
def name_server() -> Iterator[Callable[[Zone], str]]:
    """A name server on loopback that knows the TXT records that it is given; its address."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    zone: Zone = {}

    def serve() -> None:
        while True:
            question, asker = door.recvfrom(4096)
            if question == b"stop":
                return
            asked = dns.message.from_wire(question)
            answer = dns.message.make_response(asked)
            name = asked.question[0].name
            if texts := zone.get(name.to_text(omit_final_dot=True)):
                answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [f'"{text}"' for text in texts]))
            door.sendto(answer.to_wire(), asker)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def knows(records: Zone) -> str:
        zone.update(records)
        return f"127.0.0.1:{door.getsockname()[1]}"

    yield knows
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
        stopper.sendto(b"stop", door.getsockname())
    thread.join(5)
    door.close()


def say(*options: str) -> str:
    out = io.StringIO()
    call_command("send_test_mail", "me@example.org", *options, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _sender(settings: Any, mail_to_sink: Sink) -> None:
    settings.DEFAULT_FROM_EMAIL = "museum@example.kz"
    settings.EMAIL_URL = mail_to_sink.url


GOOD: Zone = {
    "example.kz": ["v=spf1 mx -all", "some-verification=1"],
    "qonaq._domainkey.example.kz": ["v=DKIM1; k=rsa; p=MIIB"],
    "_dmarc.example.kz": ["v=DMARC1; p=quarantine"],
}


def test_all_in_order(name_server: Callable[[Zone], str], sink: Sink) -> None:
    said = say("--selector", "qonaq", "--nameserver", name_server(GOOD))
    assert "SPF, DKIM and DMARC of example.kz are in order." in said
    assert [letter["To"] for letter in sink.letters] == ["me@example.org"]
    assert [letter["From"] for letter in sink.letters] == ["museum@example.kz"]


def test_a_bare_domain_hears_what_to_publish(name_server: Callable[[Zone], str]) -> None:
    said = say("--nameserver", name_server({}))
    assert "SPF is missing. Publish at example.kz a TXT record as: v=spf1" in said
    assert "DKIM: no key at example.kz" in said
    assert "DMARC is missing. Publish at _dmarc.example.kz" in said


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"example.kz": ["v=spf1 mx -all", "v=spf1 a -all"]}, "has 2 records, which counts as none"),
        ({"example.kz": ["v=spf1 mx +all"]}, "lets anybody send"),
        ({"qonaq._domainkey.example.kz": ["v=DKIM1; p="]}, "the key qonaq is revoked"),
        ({"_dmarc.example.kz": ["v=DMARC1; p=none"]}, "only watches (p=none)"),
    ],
)
def test_each_fault_is_named_alone(name_server: Callable[[Zone], str], changed: Zone, fault: str) -> None:
    said = say("--selector", "qonaq", "--nameserver", name_server(GOOD | changed))
    assert [fault in line for line in said.splitlines() if line.startswith("- ")] == [True]


def test_without_a_name_server_it_says_so(sink: Sink) -> None:
    said = say("--nameserver", f"127.0.0.1:{free_port()}")
    assert "SPF, DKIM and DMARC of example.kz are unknown" in said
    assert len(sink.letters) == 1


def test_a_mail_server_that_is_not_there_is_named(settings: Any) -> None:
    settings.EMAIL_PORT = free_port()
    with pytest.raises(CommandError, match="did not take the letter"):
        say()


def test_a_refusal_is_told_in_the_server_s_words(sink: Sink) -> None:
    sink.answer = lambda envelope: "550 5.7.1 we do not know you"
    with pytest.raises(CommandError, match="we do not know you"):
        say()
