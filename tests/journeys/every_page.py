"""Every page there is, with something on it: who opens it and where. Whoever adds an address says here what it shows.

`staged()` fills the museum near today's date: its own season, and one visit of each state; `every_page()` gives the addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from notifications import delivery, links
from notifications.models import Call, OutboxMessage
from scheduler import bookings, changes, locks, offers, planning, season, telling, waiting
from scheduler.bookings import Person, Request
from scheduler.forms.settings.letters import kinds
from scheduler.insight import SECTIONS
from scheduler.models import Absence, ChangeRequest, Closure, KeptDraft, Party, RosterJob, Visit
from scheduler.starts import Group
from scheduler.waiting import Hours
from tests.browser import coming
from tests.museum import ALZHIR
from tests.scheduler.conftest import ASTANA, at
from tours import importing
from tours.models import Audience, Guide, Tour, User

WORKED_OUT = "#looked:not([aria-busy]) [name=publish]"
POSTED, FILE, PART = "only posted to", "a file", "a part of a page"
NO_PAGES = {
    "typed_before": "stands only after a form that found nobody signed in: see test_resuming",
    **dict.fromkeys(
        [
            "visit_change",
            "visit_move",
            "visit_cancel",
            "visit_come",
            "visit_late",
            "visit_split",
            "visit_accept",
            "visit_give_up",
            "duty_accept",
            "duty_decline",
            "guide_accept",
            "guide_decline",
            "guide_add_absence",
            "guide_remove_absence",
            "guide_renew_calendar",
            "guide_choose_channel",
            "guide_arrive",
            "duty_arrive",
            "office_grant_change",
            "office_refuse_change",
            "office_confirm",
            "office_refuse",
            "office_arrive",
            "office_no_show",
            "office_door",
            "office_receive",
            "office_split",
            "office_change",
            "office_move",
            "office_cancel",
            "office_waive",
            "office_assign",
            "office_add_contact",
            "office_correct_contact",
            "office_new_link",
            "office_discard_draft",
            "office_board_give",
            "office_board_undo",
            "office_roster_stop",
            "office_roster_publish",
            "office_reply_seen",
            "office_they_come",
            "office_answered",
            "office_rang",
            "office_replay_letters",
            "office_send_letter_again",
            "office_readdress_letter",
            "office_settings_undo",
            "office_settings_person_file",
            "office_settings_person_erase",
        ],
        POSTED,
    ),
    **dict.fromkeys(
        [
            "look_colours",
            "look_mark",
            "visit_picture",
            "office_insight_file",
            "guide_calendar",
            "visit_calendar",
            "closures_calendar",
            "guide_manifest",
            "guide_worker",
        ],
        FILE,
    ),
    **dict.fromkeys(
        [
            "ask_starts",
            "office_now",
            "office_new_visit_starts",
            "office_board_events",
            "office_board_guides",
            "office_board_starts",
            "office_closure_calendar",
        ],
        PART,
    ),
}
"""Addresses that nobody looks at, and why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as somebody sees it; `state` tells apart what one address shows at different times.

    `whole` is what stands there once its scripts have brought the rest of it.
    """

    name: str
    who: str
    address: str
    state: str = ""
    whole: str = ""

    @property
    def title(self) -> str:
        return f"{self.name}-{self.state}" if self.state else self.name


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is there, and what they look at."""

    office: User
    guide: User
    visits: dict[str, Visit]
    job: RosterJob
    full: date

    def user(self, who: str) -> User | None:
        return {"office": self.office, "guide": self.guide, "organiser": None}[who]


def asked(
    day: date, clock: str, tour: str, language: str, audience: str, heads: int, who: Person, **more: object
) -> Visit:
    group = Group(Tour.objects.get(code=tour), language, Audience.objects.get(code=audience), heads)
    request = Request(group, (at(day, clock),), (who,), **more)  # type: ignore[arg-type]  # what a request takes
    return bookings.request_visit(request, now=timezone.now())


def staged() -> Stage:
    """A museum in the middle of its work. Its letters go to the mail server of the settings."""
    now = timezone.now()
    parsed = importing.read_museum(ALZHIR)
    season.load(parsed, now=now, near_today=True)
    office = User.objects.create(username="office", first_name="Әсел", is_staff=True, is_superuser=True)
    guide = User.objects.create(username="guide")
    teacher = Person("Гүлнар Оспанова", "", "+77010000055", "№ 5 мектеп", "kk")
    club = Person("Светлана Ким", "kim@example.org", "+77010000066", "Краеведческий клуб «Исток»", "ru")
    embassy = Person("Anna Schmidt", "protokoll@example.org", "+4930000000", "Embassy of Germany", "en")
    near, later, far = free(5), coming(3, weeks=4), coming(2, weeks=6)
    visits = {
        "near": asked(near, "11:00", "halls", "kk", "school", 24, teacher, leader_name="Гүлнар Оспанова"),
        "confirmed": asked(later, "12:00", "halls-film", "ru", "general", 40, club, access_needs="2 коляски"),
        "requested": asked(far, "11:00", "grounds-flowers", "en", "delegation", 12, embassy, ceremony=("flowers",)),
        "offered": asked(later, "14:00", "halls", "ru", "general", 18, club),
        "late": asked(free(3), "14:00", "grounds", "ru", "general", 15, club),
        "cancelled": asked(far, "15:00", "grounds", "en", "general", 8, embassy),
    }
    others = (
        ("10:00", "grounds", "kk", "general", 12), ("11:00", "halls-film", "ru", "soldiers", 50), ("12:30", "halls", "ru", "veterans", 20),
        ("13:00", "grounds", "en", "general", 9), ("14:00", "halls", "kk", "school", 40), ("15:30", "halls", "en", "general", 14),
    )  # fmt: skip
    for clock, tour, language, audience, heads in others:
        asked(near, clock, tour, language, audience, heads, club)
    leads = Party.objects.get(visit=visits["near"]).guide_id
    assert leads is not None
    Guide.objects.filter(pk=leads).update(user=guide)
    offered = visits["offered"].pk
    locks.door(offers.offer)(offered, (at(later, "15:00"),), answer_by=now + timedelta(days=2), now=now)
    locks.door(bookings.cancel)(
        visits["cancelled"].pk, reason="The flight was cancelled", by=bookings.ORGANISER, now=now
    )
    late = visits["late"]
    if locks.door(changes.move)(late.pk, (at(late.day, "15:30"),), now=now) is None:
        ChangeRequest.objects.create(visit=late, kind="move", start=at(late.day, "16:15"), asked_at=now)
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 20)
    wish = Request(group, (), (club,))
    visits["waiting"] = locks.door(waiting.wait)(wish, [far, far + timedelta(days=1)], Hours(time(10), None), now=now)
    away = DateTimeTZRange(at(far, "00:00"), at(far + timedelta(days=1), "00:00"), "[)")
    Absence.objects.create(guide=Guide.objects.get(code="g01"), period=away, reason="Курсы", created_at=now)
    typed = {"kind": "renovation", "first": f"{far + timedelta(days=20)}", "notice_ru": "Ремонт"}
    KeptDraft.objects.create(typed=typed, kept_by=office, kept_at=now)
    delivery.sweep(until=now + timedelta(minutes=2))
    row = OutboxMessage.objects.filter(to__email="kim@example.org").order_by("pk").first()
    if row is not None:
        OutboxMessage.objects.filter(pk=row.pk).update(
            status="dead", claimed_at=now, died_at=now, last_code="550", last_error="No such user here"
        )
    job = planning.ask(near, near + timedelta(days=6), by=office, now=now)
    planning.run(job.pk, now=now)
    job.refresh_from_db()
    for visit in visits.values():
        visit.refresh_from_db()
    return Stage(office, guide, visits, job, near)


def free(days: int) -> date:
    """A day so soon on which the museum is open."""
    day = timezone.now().astimezone(ASTANA).date() + timedelta(days=days)
    return day + timedelta(days=1) if day.weekday() == 0 else day


def every_page(stage: Stage, now: datetime) -> Iterator[Shown]:
    """Each page once at least, and those that change much in each of their states."""
    visits, today = stage.visits, now.date()
    wish = urlencode({"tour": "halls-film", "audience": "soldiers", "language": "ru", "heads": 50})
    near = visits["near"]
    yield Shown("home", "organiser", "/")
    yield Shown("ask", "organiser", "/ask/", "empty")
    yield Shown("ask", "organiser", f"/ask/?{wish}&day={visits['confirmed'].day}")
    ceremony = urlencode({"tour": "grounds-flowers", "audience": "delegation", "language": "en", "heads": 12})
    yield Shown("ask", "organiser", f"/ask/?{ceremony}&day={visits['requested'].day}", "ceremony")
    yield Shown("wait", "organiser", f"/wait/?{wish}")
    yield Shown("lost_link", "organiser", "/lost-link/")
    yield Shown("lost_link", "organiser", "/lost-link/?sent=1", "sent")
    for state in ("near", "confirmed", "requested", "offered", "waiting", "cancelled"):
        yield Shown("visit", "organiser", _behind(visits[state]), state)
    yield Shown("visit", "organiser", f"{_behind(visits['confirmed'])}?move=1", "move")
    yield Shown("visit_voucher", "organiser", f"{_behind(visits['confirmed'])}voucher/")
    party = Party.objects.filter(visit=near, guide__isnull=False).select_related("guide").get()
    assert party.guide is not None
    token = links.token("duty", telling.duty_id(party), party.guide.link_version)
    yield Shown("duty", "guide", f"/duty/{token}/")
    yield Shown("duty_declined", "guide", "/duty/declined/")
    yield Shown("guide_week", "guide", "/guide/")
    yield Shown("guide_week", "guide", f"/guide/?from={near.day}", "to come")
    yield Shown("guide_sheet", "guide", f"/guide/sheet/?day={near.day}")
    yield Shown("guide_kept", "guide", "/guide/kept/")
    yield Shown("guide_kept_ahead", "guide", "/guide/kept/ahead/")
    yield Shown("office_day", "office", "/office/")
    yield Shown("office_day", "office", f"/office/?day={near.day}", "to come")
    yield Shown("office_sheet", "office", f"/office/print/?day={near.day}")
    yield Shown("office_visits", "office", "/office/visits/")
    yield Shown("office_new_visit", "office", f"/office/visits/new/?{wish}&day={visits['confirmed'].day}")
    yield Shown("office_new_event", "office", "/office/events/new/?kind=protocol")
    yield Shown("office_new_event", "office", f"/office/events/new/?day={near.day}", "day", "#timeline .ec-main")
    yield Shown("office_visit", "office", f"/office/visits/{near.code}/")
    yield Shown("office_visit", "office", f"/office/visits/{visits['requested'].code}/", "requested")
    yield Shown("office_visit", "office", f"/office/visits/{near.code}/?guide={party.pk}", "guide")
    yield Shown("office_propose", "office", f"/office/visits/{visits['requested'].code}/propose/")
    yield Shown("office_closures", "office", "/office/closures/")
    yield Shown("office_new_closure", "office", "/office/closures/new/")
    asked = {"spaces": "alash", "first": near.day, "starts": "10:00", "last": near.day, "ends": "16:00"}
    yield Shown("office_new_closure", "office", f"/office/closures/new/?{urlencode(asked)}", "chosen", WORKED_OUT)
    closure = Closure.objects.order_by("pk").first()
    assert closure is not None
    yield Shown("office_edit_closure", "office", f"/office/closures/{closure.pk}/", whole=WORKED_OUT)
    yield Shown("office_lift_closure", "office", f"/office/closures/{closure.pk}/lift/")
    yield Shown("office_edit_draft", "office", f"/office/closures/drafts/{KeptDraft.objects.get().pk}/")
    yield Shown("office_board", "office", f"/office/board/?day={near.day}")
    yield Shown("office_board", "office", f"/office/board/?day={near.day}&by=spaces", "spaces")
    yield Shown(
        "office_board_move",
        "office",
        f"/office/board/visits/{near.code}/move/?{urlencode({'start': at(near.day, '13:00').isoformat()})}",
    )
    yield Shown("office_rosters", "office", "/office/roster/")
    yield Shown("office_roster_job", "office", f"/office/roster/{stage.job.pk}/")
    yield Shown("office_conflicts", "office", "/office/to-mend/")
    yield Shown("office_calls", "office", "/office/calls/")
    call = Call.objects.order_by("pk").first()
    assert call is not None
    yield Shown("office_call", "office", f"/office/calls/{call.pk}/")
    yield Shown("office_letters", "office", "/office/letters/")
    letter = OutboxMessage.objects.filter(status="dead").first() or OutboxMessage.objects.first()
    assert letter is not None
    yield Shown("office_letter", "office", f"/office/letters/{letter.pk}/")
    span = urlencode({"from": today - timedelta(days=30), "to": today + timedelta(days=60)})
    yield Shown("office_insight_first", "office", f"/office/insight/?{span}")
    for section in SECTIONS:
        yield Shown("office_insight", "office", f"/office/insight/{section}/?{span}", section)
    yield Shown("office_settings", "office", "/office/settings/")
    for part in ("museum", "opening", "translations", "letters", "person"):
        yield Shown(f"office_settings_{part}", "office", f"/office/settings/{part}/")
    yield Shown("office_settings_matrix", "office", "/office/settings/leads/")
    yield Shown("office_settings_letter", "office", f"/office/settings/letters/{next(iter(kinds()))}/")
    for part, key in (("tours", "full"), ("spaces", "cinema"), ("audiences", "school"), ("guides", "g01")):
        yield Shown("office_settings_part", "office", f"/office/settings/{part}/", part)
        yield Shown("office_settings_new", "office", f"/office/settings/{part}/new/", part)
        yield Shown("office_settings_row", "office", f"/office/settings/{part}/{key}/", part)
    yield Shown("account_login", "organiser", "/accounts/login/")
    yield Shown("account_reset_password", "organiser", "/accounts/password/reset/")
    yield Shown("account_logout", "office", "/accounts/logout/")
    yield Shown("account_change_password", "office", "/accounts/password/change/")
    yield Shown("mfa_index", "office", "/accounts/2fa/")
    yield Shown("not_found", "organiser", "/visit/nothing-here/")


def _behind(visit: Visit) -> str:
    return f"/visit/{links.token('visit', visit.code, visit.link_version)}/"
