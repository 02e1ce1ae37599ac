"""`make run`: up in one command, up again at once, gone on Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.config.test_embedded import clean_environment, left_behind
from tests.live import Program, accepts, free_port, running, wait_until

RUN = [sys.executable, "-m", "config.embedded", "run"]


@contextmanager
def demonstration(var: Path, port: int, output: Path) -> Iterator[Program]:
    with running(RUN, clean_environment(var, PORT=str(port), PYTHONUNBUFFERED="1"), output) as program:
        program.wait_for(lambda: "Ctrl-C stops everything." in program.said())
        yield program


def sign_in(address: str, user: str, password: str) -> httpx.Response:
    with httpx.Client(
        base_url=address, follow_redirects=True, headers={"accept-language": "en"}, timeout=30
    ) as browser:
        page = browser.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        form = {"login": user, "password": password, "csrfmiddlewaretoken": token[1]}
        browser.post("/accounts/login/", data=form, headers={"referer": f"{address}/accounts/login/"})
        return browser.get("/accounts/password/change/")


@pytest.mark.alone
@pytest.mark.timeout(240)
def test_the_whole_demonstration(room: Path) -> None:
    var, port = room / "var", free_port()
    address = f"http://localhost:{port}"
    with demonstration(var, port, room / "first.log") as program:
        said = program.said()
        assert f"Qonaq is up: {address}/" in said
        assert f"as .eml files in {var / 'mail'}" in said
        passwords = dict(re.findall(r"sign in as (\w+) +password (\S+)", said))
        assert set(passwords) == {"office", "guide", "admin"}
        for user, password in passwords.items():
            assert sign_in(address, user, password).url.path == "/accounts/password/change/"
        assert sign_in(address, "office", "a wrong password").url.path == "/accounts/login/"
        assert httpx.get(f"{address}/api/v1/tours/", timeout=30).json()["count"] > 0
        wait_until(
            lambda: [letter for letter in (var / "mail").glob("*.eml") if b"text/calendar" in letter.read_bytes()],
            60,
            "letters",
        )
        wait_until(lambda: httpx.get(f"{address}/healthz?all", timeout=30).status_code == 200, 60, "the workers' ticks")
        assert program.stop(how=signal.SIGINT) == 0
    wait_until(lambda: left_behind(var) == [], 30, f"nothing to be left: {left_behind(var)}")

    with demonstration(var, port, room / "second.log") as program:
        assert dict(re.findall(r"sign in as (\w+) +password (\S+)", program.said())) == passwords
        assert "Loading the museum" not in program.said()
        program.stop(how=signal.SIGTERM)
    wait_until(lambda: left_behind(var) == [], 30, f"nothing to be left: {left_behind(var)}")
    assert (var / "accounts.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((var / "accounts.json").read_text()) == passwords


def test_a_taken_port_is_named(room: Path) -> None:
    port = free_port()
    holder = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running(holder, clean_environment(room), room / "holder.log") as program:
        program.wait_for(lambda: accepts(port))
        with running(RUN, clean_environment(room / "var", PORT=str(port)), room / "run.log") as refused:
            assert refused.process.wait(60) == 1
            assert f"Port {port} is taken." in refused.said()
    assert not (room / "var" / "postgres").exists()
