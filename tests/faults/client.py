"""Organisers who book and cancel over HTTP while everything breaks, and keep a ledger of what was promised to them."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen


@dataclass
class Ledger:
    """What was acknowledged: code of the visit -> e-mail address, and the codes that were cancelled. `failed` counts what was not."""

    booked: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    answers: dict[int, int] = field(default_factory=dict)
    repeated: int = 0
    slowest: float = 0.0


class Organisers:
    """Some of them at once; a request whose answer is lost is repeated with the same Idempotency-Key, as a good client does."""

    def __init__(self, url: str, *, seed: int, clients: int = 3) -> None:
        self.url = url
        self.ledger = Ledger()
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.starts = self._starts()
        self.threads = [
            threading.Thread(target=self._live, args=(number, random.Random(seed * 100 + number)))
            for number in range(clients)
        ]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)

    def _starts(self) -> list[str]:
        today = datetime.now(UTC).date()
        query = (
            f"tour=halls&language=ru&audience=general&heads=10&from={today + timedelta(3)}&to={today + timedelta(60)}"
        )
        days = self._ask("GET", f"availability/?{query}")[1]["days"]
        return [start for day in days for start in day["starts"]]

    def _live(self, number: int, chance: random.Random) -> None:
        count = 0
        while not self.stopped.is_set():
            count += 1
            email = f"client{number}-{count}@example.org"
            body = {
                "tour": "halls", "language": "ru", "audience": "general", "heads": 10, "start": chance.choice(self.starts),
                "organiser": {"name": f"Client {number}", "email": email, "organisation": "School"}, "locale": "ru",
            }  # fmt: skip
            status, said = self._surely("POST", "visits/", body)
            if status == 201:
                with self.lock:
                    self.ledger.booked[said["code"]] = email
                if chance.random() < 0.4:
                    token = {"Authorization": f"Bearer {said['token']}"}
                    status, _ = self._surely("POST", f"visits/{said['code']}/cancel/", {"reason": ""}, token)
                    if status == 200:
                        with self.lock:
                            self.ledger.cancelled.add(said["code"])

    def _surely(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Ask until there is an answer: the second of the same key gets the first's."""
        key = {"Idempotency-Key": str(uuid.uuid4()), **(headers or {})}
        asked = time.monotonic()
        for attempt in range(20):
            with suppress(OSError):
                status, said = self._ask(method, path, body, key)
                with self.lock:
                    self.ledger.answers[status] = self.ledger.answers.get(status, 0) + 1
                    self.ledger.repeated += attempt > 0
                    self.ledger.slowest = max(self.ledger.slowest, time.monotonic() - asked)
                if status < 500:
                    return status, said
            time.sleep(0.3)
        return 0, {}

    def _ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        given = {"Content-Type": "application/json", "Accept-Language": "ru", **(headers or {})}
        request = Request(
            f"{self.url}/api/v1/{path}", json.dumps(body).encode() if body else None, given, method=method
        )
        try:
            with urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, error.read()
