"""A site whose clock a test moves: the morning of a visit, the week before it. Gunicorn runs `tests.journeys.clock:application`.

The file named in CLOCK_FILE holds by how many seconds this site is ahead of the real clock; it is read at every request. Only
ahead: what has been written stays in the past. PostgreSQL and Redis keep the real time, which nothing of ours asks them for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.utils import timezone

ALWAYS_REAL = 0.0


class Clock:
    """How far ahead the site is, as the test sees it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ahead = timedelta()
        self.file.write_text(str(ALWAYS_REAL))

    def move_to(self, moment: datetime) -> None:
        """From now on it is `moment` on the site, and time goes on from there."""
        self.ahead = moment - timezone.now()
        self.file.write_text(str(self.ahead.total_seconds()))

    def back(self) -> None:
        self.ahead = timedelta()
        self.file.write_text(str(ALWAYS_REAL))

    @contextmanager
    def there(self) -> Iterator[datetime]:
        """What this very process does inside happens at the site's time; gives it."""
        with time_machine.travel(timezone.now() + self.ahead, tick=True):
            yield timezone.now()


class Moved:
    """A WSGI application whose process lives as far ahead as the file says."""

    def __init__(self, application: Callable[..., Iterable[bytes]], file: Path) -> None:
        self.application = application
        self.file = file
        self.lock = threading.Lock()
        self.ahead = ALWAYS_REAL
        self.travelled: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        ahead = float(self.file.read_text() or ALWAYS_REAL)
        with self.lock:
            if ahead != self.ahead:
                if self.travelled is not None:
                    self.travelled.stop()
                    self.travelled = None
                if ahead:
                    self.travelled = time_machine.travel(timezone.now() + timedelta(seconds=ahead), tick=True)
                    self.travelled.start()
                self.ahead = ahead
        return self.application(environ, start_response)


def application(environ: Any, start_response: Any) -> Iterable[bytes]:
    """What gunicorn calls; the site itself is made on the first call, in its worker."""
    return _moved()(environ, start_response)


_made: list[Moved] = []
_making = threading.Lock()


def _moved() -> Moved:
    with _making:
        if not _made:
            from config.wsgi import application as site

            _made.append(Moved(site, Path(os.environ["CLOCK_FILE"])))
    return _made[0]
