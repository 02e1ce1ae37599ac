"""Feeds, read back by readers that share no code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import icalendar
import pytest

from notifications.ical import FeedEntry, FeedState, feed
from notifications.messages import Entry
from tests.interop.readers import READERS
from tests.interop.rules import check_feed, unfolded
from tests.notifications.conftest import START, entry
from tests.notifications.hostile import HOSTILE

CHANGED = datetime(2026, 5, 4, 6, 0, 0, 123456, tzinfo=UTC)
SOURCE = "https://museum.example/calendar/guide/7.abc.ics"


def calendar(*entries: FeedEntry, name: str = "Айгүл С. – экскурсиялар") -> bytes:
    raw = feed(name=name, entries=entries, source=SOURCE, zone="Asia/Almaty")
    check_feed(raw)
    return raw


def listed(number: int = 1, what: Entry | None = None) -> FeedEntry:
    return FeedEntry(uid=f"duty-{number}@museum.example", entry=what or entry("kk"), changed=CHANGED, created=CHANGED)


def test_every_reader_sees_the_same_entry() -> None:
    raw = calendar(listed())
    told = {name: reader(raw) for name, reader in READERS.items()}
    assert len(set(told.values())) == 1
    seen = told["icalendar"]
    assert (seen.start, seen.end) == (START, START + timedelta(hours=1))
    assert (seen.method, seen.organizer, seen.attendee) == ("", "", "")
    assert seen.stamp == CHANGED.replace(microsecond=0)


def test_two_readings_are_the_same_bytes_whatever_the_order() -> None:
    assert calendar(listed(1), listed(2)) == calendar(listed(2), listed(1))


def test_a_uid_stands_once_with_what_changed_last() -> None:
    newer = FeedEntry("duty-1@museum.example", entry("kk", START + timedelta(hours=1)), CHANGED + timedelta(1), CHANGED)
    (event,) = icalendar.Calendar.from_ical(calendar(newer, listed(1))).events
    assert event.start == START + timedelta(hours=1)


def test_what_is_cancelled_takes_no_time() -> None:
    lines = unfolded(calendar(listed(what=entry("kk", cancelled=True))))
    assert "STATUS:CANCELLED" in lines
    assert "TRANSP:TRANSPARENT" in lines


def test_an_empty_feed_is_a_valid_calendar() -> None:
    raw = calendar()
    (zone,) = icalendar.Calendar.from_ical(raw).timezones
    assert str(zone["TZID"]) == "Asia/Almaty"
    assert b"TZOFFSETTO:+0500" in raw


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_title_is_text(number: int) -> None:
    what = Entry(START, START + timedelta(hours=1), HOSTILE[number], HOSTILE[number], HOSTILE[number]).clean()
    raw = calendar(listed(what=what), name=HOSTILE[number])
    assert len({reader(raw) for reader in READERS.values()}) == 1


STATE = FeedState("guide:7:1:kk", (("duty-1", CHANGED), ("duty-2", CHANGED - timedelta(days=1))))


def test_the_tag_follows_from_what_the_feed_shows_and_nothing_else() -> None:
    assert STATE.etag == FeedState(STATE.name, tuple(reversed(STATE.entries))).etag
    assert STATE.etag.startswith('"')
    others = [
        FeedState("guide:7:2:kk", STATE.entries),
        FeedState(STATE.name, STATE.entries[:1]),
        FeedState(STATE.name, (("duty-1", CHANGED + timedelta(microseconds=1)), STATE.entries[1])),
        FeedState(STATE.name, STATE.entries, also="catalogue 4"),
        FeedState(STATE.name, ()),
    ]
    assert len({STATE.etag, *(other.etag for other in others)}) == 6


def test_a_reader_who_has_it_is_told_so_without_building_it() -> None:
    modified = STATE.headers["Last-Modified"]
    assert parsedate_to_datetime(modified) == CHANGED.replace(microsecond=0)
    assert STATE.headers["Cache-Control"].startswith("private")
    assert STATE.is_known(STATE.etag, "")
    assert STATE.is_known(f'W/{STATE.etag}, "other"', "")
    assert STATE.is_known("*", "")
    assert STATE.is_known("", modified)
    assert not STATE.is_known('"other"', modified)  # a tag has the last word (RFC 9110, 13.1.3)
    assert not STATE.is_known("", "Mon, 04 May 2026 05:59:59 GMT")
    assert not STATE.is_known("", "garbage")
    assert not STATE.is_known("", "")
