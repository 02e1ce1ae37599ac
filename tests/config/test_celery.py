"""Background work: the timetable names tasks that exist, each queue has its worker, and nothing is lost by a setting."""

from __future__ import annotations

import pytest
import yaml

from config.celery import app
from config.demonstration import commands
from tests.live import ROOT

app.loader.import_default_modules()
QUEUES = {"mail", "solve"}


@pytest.mark.parametrize("name", sorted(app.conf.beat_schedule))
def test_each_tick_is_of_a_task_that_exists_and_expires_before_the_next(name: str) -> None:
    entry = app.conf.beat_schedule[name]
    assert entry["task"] in app.tasks
    assert entry["options"]["queue"] in QUEUES
    assert entry["options"]["expires"] <= entry["schedule"]


def test_letters_have_a_queue_of_their_own() -> None:
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    for name in ours:
        queue = app.amqp.router.route({}, name)["queue"].name
        assert queue == ("solve" if name.startswith("scheduler.") else "mail"), name


def test_each_queue_has_its_worker_in_both_ways_to_run_it() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    composed = {
        name: service["command"][1:] for name, service in compose.items() if service.get("command", [""])[0] == "celery"
    }
    tried = {
        name: command.split(" -m celery ")[1].split()
        for name, command in commands().items()
        if " -m celery " in command
    }
    assert sorted(map(tuple, composed.values())) == sorted(map(tuple, tried.values()))
    assert {command[command.index("-Q") + 1] for command in composed.values() if "-Q" in command} == QUEUES


def test_a_lost_worker_loses_nothing() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert (conf.task_ignore_result, conf.result_backend, conf.accept_content) == (True, None, ["json"])
    assert conf.task_soft_time_limit < conf.task_time_limit
    assert conf.broker_transport_options["visibility_timeout"] == 2 * conf.task_time_limit
    assert conf.broker_connection_max_retries is None
