"""Four readers of calendars that share no code: each tells in the same shape what it read."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import icalendar
import vobject
from py_mini_racer import MiniRacer

ICAL_JS = Path(__file__).parent / "vendor" / "ical.es5.min.cjs"


@dataclass(frozen=True)
class Read:
    """What a reader found in the one event of a calendar."""

    method: str
    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    status: str
    summary: str
    location: str
    description: str
    organizer: str
    attendee: str
    attendee_name: str
    partstat: str


def by_icalendar(raw: bytes) -> Read:
    calendar = icalendar.Calendar.from_ical(raw)
    (event,) = calendar.events
    assert event.errors == []
    person = event.get("attendee")
    return Read(
        method=str(calendar.get("method", "")),
        uid=str(event["uid"]),
        sequence=int(event.get("sequence", 0)),
        stamp=event["dtstamp"].dt,
        start=event.start,
        end=event.end,
        status=str(event["status"]),
        summary=str(event["summary"]),
        location=str(event["location"]),
        description=str(event.get("description", "")),
        organizer=str(event.get("organizer", "")),
        attendee=str(person or ""),
        attendee_name=str(person.params["CN"]) if person is not None else "",
        partstat=str(person.params["PARTSTAT"]) if person is not None else "",
    )


JAVASCRIPT = """
var tell = function (text) {
  var calendar = new ICAL.Component(ICAL.parse(text));
  var events = calendar.getAllSubcomponents("vevent");
  if (events.length !== 1) throw new Error(events.length + " events");
  var event = events[0];
  var value = function (name) { var found = event.getFirstPropertyValue(name); return found === null ? "" : String(found); };
  var person = event.getFirstProperty("attendee");
  return JSON.stringify({
    method: String(calendar.getFirstPropertyValue("method") || ""),
    uid: value("uid"), sequence: Number(value("sequence") || 0), stamp: value("dtstamp"), start: value("dtstart"), end: value("dtend"),
    status: value("status"), summary: value("summary"), location: value("location"), description: value("description"),
    organizer: value("organizer"), attendee: person ? person.getFirstValue() : "",
    attendee_name: person ? person.getParameter("cn") : "", partstat: person ? person.getParameter("partstat") : ""
  });
};
"""


@cache
def _javascript() -> MiniRacer:
    engine = MiniRacer()
    engine.eval("var module = {exports: {}}; var exports = module.exports;")
    engine.eval(ICAL_JS.read_text())
    engine.eval("var ICAL = module.exports.default || module.exports;" + JAVASCRIPT)
    return engine


def by_ical_js(raw: bytes) -> Read:
    found: dict[str, Any] = json.loads(_javascript().call("tell", raw.decode()))
    for name in ("stamp", "start", "end"):
        assert found[name].endswith("Z")
        found[name] = datetime.fromisoformat(found[name])
    return Read(**found)


def by_vobject(raw: bytes) -> Read:
    calendar = vobject.readOne(raw.decode())
    (event,) = calendar.vevent_list
    person = getattr(event, "attendee", None)
    return Read(
        method=calendar.method.value if hasattr(calendar, "method") else "",
        uid=event.uid.value,
        sequence=int(event.sequence.value) if hasattr(event, "sequence") else 0,
        stamp=event.dtstamp.value,
        start=event.dtstart.value,
        end=event.dtend.value,
        status=event.status.value,
        summary=event.summary.value,
        location=event.location.value,
        description=event.description.value if hasattr(event, "description") else "",
        organizer=event.organizer.value if hasattr(event, "organizer") else "",
        attendee=person.value if person else "",
        attendee_name=_caret(person.cn_param) if person else "",
        partstat=person.partstat_param if person else "",
    )


def _caret(value: str) -> str:
    """RFC 6868 for readers that leave it to their callers."""
    return re.sub(r"\^([n'^])", lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], value)


@cache
def _libical() -> ctypes.CDLL | None:
    """Evolution's, KDE's and Cyrus' reader, where the system has it (Debian: libical3)."""
    name = ctypes.util.find_library("ical")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    for function, takes in {
        "icalparser_parse_string": [ctypes.c_char_p],
        "icalcomponent_get_first_component": [ctypes.c_void_p, ctypes.c_int],
        "icalcomponent_get_first_property": [ctypes.c_void_p, ctypes.c_int],
        "icalcomponent_get_next_property": [ctypes.c_void_p, ctypes.c_int],
        "icalproperty_get_value": [ctypes.c_void_p],
        "icalproperty_get_first_parameter": [ctypes.c_void_p, ctypes.c_int],
        "icalproperty_get_next_parameter": [ctypes.c_void_p, ctypes.c_int],
    }.items():
        getattr(library, function).argtypes, getattr(library, function).restype = takes, ctypes.c_void_p
    for function, takes in {
        "icalproperty_get_property_name": [ctypes.c_void_p],
        "icalproperty_get_value_as_string": [ctypes.c_void_p],
        "icalparameter_as_ical_string": [ctypes.c_void_p],
        "icalparameter_get_cn": [ctypes.c_void_p],
        "icalvalue_get_text": [ctypes.c_void_p],
    }.items():
        getattr(library, function).argtypes, getattr(library, function).restype = takes, ctypes.c_char_p
    library.icalcomponent_count_errors.argtypes = [ctypes.c_void_p]
    library.icalrestriction_check.argtypes = [ctypes.c_void_p]
    return library


TEXTS = ("summary", "location", "description", "uid")
VEVENT, ANY = 4, 0


def by_libical(raw: bytes) -> Read:
    library = _libical()
    assert library is not None
    calendar = library.icalparser_parse_string(raw)
    assert calendar
    assert library.icalrestriction_check(calendar) == 1
    assert library.icalcomponent_count_errors(calendar) == 0
    event = library.icalcomponent_get_first_component(calendar, VEVENT)
    found: dict[str, str] = {}
    for component in (calendar, event):
        each = library.icalcomponent_get_first_property(component, ANY)
        while each:
            name = library.icalproperty_get_property_name(each).decode().lower()
            if name in TEXTS:
                found[name] = library.icalvalue_get_text(library.icalproperty_get_value(each)).decode()
            else:
                found[name] = library.icalproperty_get_value_as_string(each).decode()
            parameter = library.icalproperty_get_first_parameter(each, ANY)
            while parameter:
                said = library.icalparameter_as_ical_string(parameter).decode()
                if said.startswith("CN="):
                    found[f"{name}.CN"] = library.icalparameter_get_cn(parameter).decode()
                elif said.startswith("PARTSTAT="):
                    found[f"{name}.PARTSTAT"] = said.removeprefix("PARTSTAT=")
                parameter = library.icalproperty_get_next_parameter(each, ANY)
            each = library.icalcomponent_get_next_property(component, ANY)
    return Read(
        method=found.get("method", ""),
        uid=found["uid"],
        sequence=int(found.get("sequence", 0)),
        stamp=_basic(found["dtstamp"]),
        start=_basic(found["dtstart"]),
        end=_basic(found["dtend"]),
        status=found["status"],
        summary=found["summary"],
        location=found["location"],
        description=found.get("description", ""),
        organizer=found.get("organizer", ""),
        attendee=found.get("attendee", ""),
        attendee_name=found.get("attendee.CN", ""),
        partstat=found.get("attendee.PARTSTAT", ""),
    )


def _basic(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


READERS: dict[str, Callable[[bytes], Read]] = {
    "icalendar": by_icalendar,
    "ical.js": by_ical_js,
    "vobject": by_vobject,
} | ({"libical": by_libical} if _libical() else {})
