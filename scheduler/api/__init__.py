"""The API's calls about visits, duties and closures: doors to the services, each file's calls of one noun."""

from django.urls import path

from scheduler.api import absences, availability, closures, decisions, duties, insight, office, rosters, visits, waiting

urlpatterns = [
    path("availability/", availability.availability, name="api-availability"),
    path("visits/", visits.ask, name="api-visits"),
    path("waiting/", waiting.wait, name="api-waiting"),
    path("visits/<slug:code>/", visits.one, name="api-visit"),
    path("visits/<slug:code>/move/", visits.move, name="api-visit-move"),
    path("visits/<slug:code>/cancel/", visits.cancel, name="api-visit-cancel"),
    path("visits/<slug:code>/accept/", waiting.accept, name="api-visit-accept"),
    path("visits/<slug:code>/decline/", waiting.decline, name="api-visit-decline"),
    path("visits/<slug:code>/confirm/", decisions.confirm, name="api-visit-confirm"),
    path("visits/<slug:code>/refuse/", decisions.refuse, name="api-visit-refuse"),
    path("visits/<slug:code>/waive/", decisions.waive, name="api-visit-waive"),
    path("visits/<slug:code>/arrive/", decisions.arrive, name="api-visit-arrive"),
    path("visits/<slug:code>/no-show/", decisions.no_show, name="api-visit-no-show"),
    path("changes/<int:pk>/grant/", decisions.grant, name="api-change-grant"),
    path("changes/<int:pk>/refuse/", decisions.refuse_change, name="api-change-refuse"),
    path("office/visits/", office.book, name="api-office-visits"),
    path("office/visits/preview/", office.preview, name="api-office-visit-preview"),
    path("office/insight/", insight.figures, name="api-office-insight"),
    path("me/duties/", duties.mine, name="api-my-duties"),
    path("me/absences/", absences.mine, name="api-my-absences"),
    path("me/absences/<int:pk>/", absences.my_one, name="api-my-absence"),
    path("duties/<int:pk>/accept/", duties.accept, name="api-duty-accept"),
    path("duties/<int:pk>/decline/", duties.decline, name="api-duty-decline"),
    path("duties/<int:pk>/assign/", duties.assign, name="api-duty-assign"),
    path("duties/<int:pk>/candidates/", duties.candidates, name="api-duty-candidates"),
    path("guides/<slug:guide>/absences/", absences.of_guide, name="api-guide-absences"),
    path("guides/<slug:guide>/absences/<int:pk>/", absences.one_of_guide, name="api-guide-absence"),
    path("closures/", closures.many, name="api-closures"),
    path("closures/preview/", closures.preview, name="api-closure-preview"),
    path("closures/<int:pk>/", closures.one, name="api-closure"),
    path("closures/<int:pk>/preview/", closures.preview_change, name="api-closure-change-preview"),
    path("closures/<int:pk>/lifting/", closures.preview_lifting, name="api-closure-lifting"),
    path("roster/plan/", rosters.plan, name="api-roster-plan"),
    path("roster/jobs/<int:pk>/", rosters.job, name="api-roster-job"),
    path("roster/jobs/<int:pk>/stop/", rosters.stop, name="api-roster-stop"),
    path("roster/publish/", rosters.publish, name="api-roster-publish"),
]
