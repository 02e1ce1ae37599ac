"""Every page's address. What links and letters hold is in settings.LINK_PATHS, and the same."""

from __future__ import annotations

from django.urls import path

from scheduler.views import duty, feeds, guide, organiser, visit
from scheduler.views.office import booking, calls, closures, day, visits

urlpatterns = [
    path("", organiser.home, name="home"),
    path("ask/", organiser.ask, name="ask"),
    path("ask/starts/", organiser.ask_starts, name="ask_starts"),
    path("lost-link/", organiser.lost_link, name="lost_link"),
    path("visit/<str:token>/", visit.visit, name="visit"),
    path("visit/<str:token>/change/", visit.change, name="visit_change"),
    path("visit/<str:token>/move/", visit.move, name="visit_move"),
    path("visit/<str:token>/cancel/", visit.cancel, name="visit_cancel"),
    path("visit/<str:token>/accept/", visit.accept, name="visit_accept"),
    path("visit/<str:token>/decline/", visit.give_up, name="visit_give_up"),
    path("duty/declined/", duty.declined, name="duty_declined"),
    path("duty/<str:token>/", duty.duty, name="duty"),
    path("duty/<str:token>/accept/", duty.accept, name="duty_accept"),
    path("duty/<str:token>/decline/", duty.decline, name="duty_decline"),
    path("guide/", guide.week, name="guide_week"),
    path("guide/tours/<int:pk>/accept/", guide.accept, name="guide_accept"),
    path("guide/tours/<int:pk>/decline/", guide.decline, name="guide_decline"),
    path("guide/absences/", guide.add_absence, name="guide_add_absence"),
    path("guide/absences/<int:pk>/remove/", guide.remove_absence, name="guide_remove_absence"),
    path("guide/calendar/renew/", guide.renew_calendar, name="guide_renew_calendar"),
    path("office/", day.day, name="office_day"),
    path("office/changes/<int:pk>/grant/", day.decide_change, {"grant": True}, name="office_grant_change"),
    path("office/changes/<int:pk>/refuse/", day.decide_change, {"grant": False}, name="office_refuse_change"),
    path("office/visits/", visits.visits, name="office_visits"),
    path("office/visits/new/", booking.new_visit, name="office_new_visit"),
    path("office/visits/new/starts/", booking.new_visit_starts, name="office_new_visit_starts"),
    path("office/events/new/", booking.new_event, name="office_new_event"),
    path("office/visits/<str:code>/", visits.visit, name="office_visit"),
    path("office/visits/<str:code>/confirm/", day.confirm, name="office_confirm"),
    path("office/visits/<str:code>/refuse/", day.refuse, name="office_refuse"),
    path("office/visits/<str:code>/arrive/", day.arrive, name="office_arrive"),
    path("office/visits/<str:code>/no-show/", day.no_show, name="office_no_show"),
    path("office/visits/<str:code>/change/", visits.change, name="office_change"),
    path("office/visits/<str:code>/move/", visits.move, name="office_move"),
    path("office/visits/<str:code>/cancel/", visits.cancel, name="office_cancel"),
    path("office/visits/<str:code>/waive/", visits.waive, name="office_waive"),
    path("office/visits/<str:code>/guide/<int:pk>/", visits.assign, name="office_assign"),
    path("office/visits/<str:code>/link/", visits.new_link, name="office_new_link"),
    path("office/closures/", closures.closure_list, name="office_closures"),
    path("office/closures/new/", closures.new_closure, name="office_new_closure"),
    path("office/closures/<int:pk>/", closures.edit_closure, name="office_edit_closure"),
    path("office/closures/<int:pk>/lift/", closures.lift, name="office_lift_closure"),
    path("office/calls/", calls.call_list, name="office_calls"),
    path("office/calls/<int:pk>/rang/", calls.rang, name="office_rang"),
    path("calendar/guide/<str:token>.ics", feeds.guide, name="guide_calendar"),
    path("calendar/visit/<str:token>.ics", feeds.visit, name="visit_calendar"),
    path("calendar/closures.ics", feeds.closures, name="closures_calendar"),
]
