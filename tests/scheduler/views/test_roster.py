"""The office's roster page and the page of what is to be mended."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from scheduler import planning
from scheduler.models import Party, RosterJob
from tests.scheduler.views.conftest import FAR, NEAR, Book, soup
from tours.models import Guide

pytestmark = pytest.mark.django_db

DAYS = {"first": FAR.isoformat(), "last": FAR.isoformat()}


def test_a_roster_is_planned_looked_at_and_published(office: Client, book: Book, season_now: object) -> None:
    for clock in ("10:00", "11:30", "13:00"):
        book(FAR, clock, email=f"{clock[:2]}@example.org")
    Party.objects.update(guide=Guide.objects.get(code="g04"))
    asked = office.post(reverse("office_rosters"), DAYS)
    job = RosterJob.objects.get()
    page = reverse("office_roster_job", kwargs={"pk": job.pk})
    assert (asked.status_code, asked["location"]) == (303, page)
    assert 'hx-trigger="every 2s"' in office.get(page).content.decode()
    planning.run(job.pk, now=season_now)
    ready = office.get(page).content.decode()
    assert "Нұрлан Ж. →" in ready
    (row,) = [row for row in soup(office.get(page)).select("table.shares tbody tr") if row.th.text == "Нұрлан Ж."]
    assert [cell.text for cell in row.select("td")] == ["0.0", "3.0", "1.0"]
    part = office.get(page, headers={"hx-request": "true"}).content.decode()
    assert part.startswith('<div id="state"')
    assert "hx-trigger" not in part
    done = office.post(reverse("office_roster_publish", kwargs={"pk": job.pk}), follow=True)
    assert "Published" in done.content.decode()
    assert set(Party.objects.values_list("guide__code", flat=True)) != {"g04"}


def test_the_better_plan_stands_beside_the_quiet_one_and_can_be_chosen(
    office: Client, book: Book, season_now: object
) -> None:
    for clock in ("10:00", "11:30", "13:00"):
        book(FAR, clock, email=f"{clock[:2]}@example.org")
    Party.objects.update(guide=Guide.objects.get(code="g04"))
    office.post(reverse("office_rosters"), {**DAYS, "quiet": "on"})
    job = RosterJob.objects.get()
    planning.run(job.pk, now=season_now)
    page = office.get(reverse("office_roster_job", kwargs={"pk": job.pk})).content.decode()
    quiet, other = page.split("Another plan: better, but more changes")
    assert "0 tours get another guide" in quiet
    assert "3 visits get their final programme" in quiet
    assert "Нұрлан Ж. →" in other
    assert 'name="other"' in other
    office.post(reverse("office_roster_publish", kwargs={"pk": job.pk}), {"other": "1"})
    assert len(set(Party.objects.values_list("guide__code", flat=True))) == 3


def test_what_nobody_can_lead_is_named_with_what_would_help(office: Client, book: Book, season_now: object) -> None:
    book(FAR, "10:00")
    Guide.objects.update(active=False)
    Guide.objects.filter(code="g04").update(active=True, daily_duties=0)
    Party.objects.update(guide=None)
    office.post(reverse("office_rosters"), DAYS)
    job = RosterJob.objects.get()
    planning.run(job.pk, now=season_now)
    party = Party.objects.get()
    address = f"{reverse('office_visit', kwargs={'code': party.visit.code})}?guide={party.pk}"
    assert address in office.get(reverse("office_roster_job", kwargs={"pk": job.pk})).content.decode()
    assert "It would help if Нұрлан Ж. led more than usual on this day." in office.get(address).content.decode()


def test_a_plan_that_is_out_of_date_says_so(office: Client, book: Book, season_now: object) -> None:
    book(FAR, "10:00")
    office.post(reverse("office_rosters"), DAYS)
    job = RosterJob.objects.get()
    planning.run(job.pk, now=season_now)
    book(FAR, "12:00")
    said = office.post(reverse("office_roster_publish", kwargs={"pk": job.pk}), follow=True).content.decode()
    assert "Some day has changed since this roster was planned." in said


def test_days_the_wrong_way_round_keep_what_was_typed(office: Client) -> None:
    answer = office.post(reverse("office_rosters"), {"first": FAR.isoformat(), "last": NEAR.isoformat()})
    assert answer.status_code == 422
    assert "The last day lies before the first." in answer.content.decode()
    assert FAR.isoformat() in answer.content.decode()


def test_what_is_to_be_mended_is_listed_with_its_remedy(office: Client, book: Book) -> None:
    assert (
        "Nothing is to be mended: every visit stands as it was promised."
        in office.get(reverse("office_conflicts")).content.decode()
    )
    book(NEAR, "11:00")
    Party.objects.update(guide=None)
    page = office.get(reverse("office_conflicts")).content.decode()
    assert "Nobody leads this group yet." in page
    assert "Choose a guide" in page


@pytest.mark.parametrize("name", ["office_rosters", "office_conflicts"])
def test_only_the_office_sees_them(stranger: Client, guide: Client, name: str) -> None:
    assert stranger.get(reverse(name)).status_code in (302, 404)
    assert guide.get(reverse(name)).status_code == 404
