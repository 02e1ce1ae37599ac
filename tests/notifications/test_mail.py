"""Letters are handed over to a mail server that takes commands one by one, and to one that takes them in one go."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage

import pytest

from notifications.mail import Meanwhile, hand_over
from notifications.mime import Wire
from tests.notifications.smtp import Mailhouse, mailhouse


@pytest.fixture(params=[False, True], ids=["one by one", "in one go"])
def house(request: pytest.FixtureRequest) -> Iterator[Mailhouse]:
    with mailhouse() as server:
        server.pipelining = request.param
        yield server


@pytest.fixture
def line(house: Mailhouse) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", house.port, timeout=30) as server:
        yield server


def letter(to: str, text: str = "Good day.\n") -> Wire:
    return Wire("museum@example.org", to, f"To: {to}\nSubject: s\n\n{text}".encode())


def refused(line: smtplib.SMTP, to: str) -> smtplib.SMTPException:
    with pytest.raises(smtplib.SMTPException) as caught:
        hand_over(line, letter(to))
    return caught.value


def test_one_that_is_refused_does_not_hold_up_the_next(house: Mailhouse, line: smtplib.SMTP) -> None:
    house.rcpt = lambda address: "550 no such user" if address.startswith("nobody") else "250 OK"
    house.data = lambda given: "452 full" if "full@" in str(given["To"]) else "250 OK"
    nobody, full = refused(line, "nobody@example.org"), refused(line, "full@example.org")
    assert isinstance(nobody, smtplib.SMTPRecipientsRefused)
    assert nobody.recipients == {"nobody@example.org": (550, b"no such user")}
    assert isinstance(full, smtplib.SMTPDataError)
    assert full.smtp_code == 452
    hand_over(line, letter("anna@example.org"))
    assert [str(each["To"]) for each in house.letters] == ["anna@example.org"]
    assert house.connections == 1


def test_a_server_that_says_goodbye_is_believed(house: Mailhouse, line: smtplib.SMTP) -> None:
    house.rcpt = lambda address: "421 closing"
    error = refused(line, "anna@example.org")
    assert isinstance(error, smtplib.SMTPRecipientsRefused)
    assert error.recipients["anna@example.org"][0] == 421
    assert line.sock is None
    assert house.letters == []


def test_a_server_that_hangs_up_after_the_letter_leaves_us_in_doubt(house: Mailhouse, line: smtplib.SMTP) -> None:
    house.data = lambda given: "drop"
    assert isinstance(refused(line, "anna@example.org"), smtplib.SMTPServerDisconnected)
    assert len(house.letters) == 1


def test_lines_that_begin_with_a_dot_arrive_as_they_were(house: Mailhouse, line: smtplib.SMTP) -> None:
    text = ".one\n..two\n.\nthree\n"
    hand_over(line, letter("anna@example.org", text))
    assert house.letters[0].get_content().replace("\r\n", "\n") == text


class Diary(Meanwhile):
    """Writes down when it was called, and what the server had then."""

    def __init__(self, house: Mailhouse) -> None:
        self.house: Mailhouse = house
        self.said: list[str] = []

    def asked(self) -> None:
        self.said.append("asked")

    def agreed(self) -> None:
        assert not self.house.letters
        self.said.append("agreed")

    def handed_over(self) -> None:
        self.said.append("handed over")


def test_there_is_time_for_errands_in_their_order(house: Mailhouse, line: smtplib.SMTP) -> None:
    diary = Diary(house)
    hand_over(line, letter("anna@example.org"), diary)
    assert diary.said == ["asked", "agreed", "handed over"]


def test_before_a_word_of_a_letter_is_said_its_recipient_was_agreed(house: Mailhouse, line: smtplib.SMTP) -> None:
    house.rcpt = lambda address: "450 busy"
    seen: list[EmailMessage] = house.letters
    diary = Diary(house)
    with suppress(smtplib.SMTPRecipientsRefused):
        hand_over(line, letter("anna@example.org"), diary)
    assert "agreed" not in diary.said
    assert seen == []
