"""Feeds and invitations in programs that people use: vdirsyncer fetches a feed, Radicale takes calendars in over CalDAV."""

from __future__ import annotations

import base64
import http.server
import re
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifications import ical
from notifications.ical import FeedEntry, FeedState
from notifications.messages import Address
from tests.interop.readers import by_icalendar
from tests.live import Program, accepts, free_port, running
from tests.notifications.conftest import START, entry
from tests.notifications.hostile import HOSTILE

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)


def guide_feed(*titles: str) -> bytes:
    entries = [
        FeedEntry(f"duty-{number}@museum.example", _titled(title), NOW, NOW)
        for number, title in enumerate(titles or ("Экскурсия",))
    ]
    return ical.feed(name="Айгүл", entries=entries, source="https://museum.example/a.ics", zone="Asia/Almaty")


def _titled(title: str) -> ical.Entry:
    found = entry("kk").clean()
    return ical.Entry(found.start, found.end, title, found.location, title).clean()


@pytest.fixture
def feed_url() -> Iterator[tuple[str, list[int]]]:
    """A feed over HTTP that answers as ours do, and the answers that it gave."""
    state = FeedState("guide", (("duty-0", NOW),))
    answers: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = state.is_known(self.headers.get("If-None-Match", ""), self.headers.get("If-Modified-Since", ""))
            answers.append(304 if known else 200)
            self.send_response(answers[-1])
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/calendar; charset=utf-8")
            self.end_headers()
            if not known:
                self.wfile.write(guide_feed(*HOSTILE[:10]))

        def log_message(self, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/guide.ics", answers
    server.shutdown()
    server.server_close()


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "radicale", "--server-hosts", f"127.0.0.1:{port}", "--auth-type", "none"]
    command += ["--storage-filesystem-folder", str(tmp_path / "collections"), "--config", ""]
    with running(command, {"PATH": ""}, tmp_path / "radicale.log") as server:
        assert isinstance(server, Program)
        server.wait_for(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}"


def call(method: str, url: str, body: bytes | None = None) -> bytes:
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    headers["Authorization"] = "Basic " + base64.b64encode(url.split("/")[3].encode() + b":x").decode()
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        content: bytes = answer.read()
        return content


def test_vdirsyncer_fetches_the_feed_and_every_event_of_it(feed_url: tuple[str, list[int]], tmp_path: Path) -> None:
    url, answers = feed_url
    config = tmp_path / "config"
    config.write_text(
        f"""[general]
status_path = "{tmp_path}/status"
[pair p]
a = "ours"
b = "files"
collections = null
[storage ours]
type = "http"
url = "{url}"
[storage files]
type = "filesystem"
path = "{tmp_path}/events"
fileext = ".ics"
"""
    )
    for step in (["discover"], ["sync"], ["sync"]):
        done = subprocess.run(
            [str(Path(sys.executable).parent / "vdirsyncer"), "-c", str(config), *step],
            capture_output=True,
            text=True,
            input="y\n" * 5,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "events").glob("*.ics"))
    assert len(files) == 10
    assert {by_icalendar(file.read_bytes()).start for file in files} == {START}
    assert answers


def test_radicale_takes_a_feed_in_and_gives_it_back(radicale: str) -> None:
    call("PUT", f"{radicale}/guide/tours/", guide_feed(*HOSTILE))
    back = call("GET", f"{radicale}/guide/tours/")
    assert len(re.findall(rb"^BEGIN:VEVENT", back, re.MULTILINE)) == len(HOSTILE)


def test_radicale_takes_an_invitation_in_and_its_update_in_its_place(radicale: str) -> None:
    uid = uuid.uuid4()
    call("MKCALENDAR", f"{radicale}/anna/visits/")
    for sequence, title in enumerate(["Залы", "Залы; «Алаш», и фильм"]):
        lines = ical.invitation(
            method="REQUEST",
            uid=uid,
            sequence=sequence,
            stamp=NOW,
            created=NOW,
            entry=_titled(title),
            organizer=Address("Музей", "museum@example.org"),
            attendee=Address('Anna "A" Müller', "anna@example.org"),
        )
        stored = ical.folded(lines.replace("METHOD:REQUEST\n", ""))  # a stored object has no METHOD (RFC 4791, 4.1)
        call("PUT", f"{radicale}/anna/visits/{uid}.ics", stored)
        seen = by_icalendar(call("GET", f"{radicale}/anna/visits/{uid}.ics"))
        assert (seen.uid, seen.sequence, seen.summary) == (str(uid), sequence, title)
        assert (seen.attendee_name, seen.start) == ('Anna "A" Müller', START)
