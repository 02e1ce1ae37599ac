"""Background work: two queues, the whole timetable, and the settings that keep work safe when something dies.

Redis may lose anything at any time: due times are rows in PostgreSQL, a task is only a nudge to look at them.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.beat import PersistentScheduler
from celery.signals import heartbeat_sent
from django.conf import settings
from kombu import Queue

from config import alive

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("qonaq")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_transport_options={
        "visibility_timeout": 300,  # twice the hard time limit; nothing has an ETA, so it may be short
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,  # with the health check: hears again half a minute after a network cut
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # the default gives up after 100
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1},
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,  # let a sending settle; its nudge comes again and finds it leased
    worker_soft_shutdown_timeout=30,
    worker_enable_soft_shutdown_on_idle=True,
    task_time_limit=150,  # above the longest SMTP exchange, below the lease of an outbox row
    task_soft_time_limit=120,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=300_000,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    task_queues=[Queue("mail"), Queue("solve")],
    task_default_queue="mail",
    task_create_missing_queues=False,
    task_routes={"scheduler.tasks.*": {"queue": "solve"}, "notifications.tasks.*": {"queue": "mail"}},
    beat_scheduler="config.celery:Beat",
    beat_schedule_filename=str(settings.VAR_DIR / "run" / "beat"),
)
app.autodiscover_tasks(lambda: ["config", "notifications", "scheduler"])


def every(task: str, seconds: float, queue: str) -> dict[str, object]:
    """A tick that no worker took before the next one is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds, "queue": queue}}


app.conf.beat_schedule = {
    "alive-mail": every("config.tasks.alive", 15, "mail"),
    "alive-solve": every("config.tasks.alive", 15, "solve"),
    "sweep": every("notifications.tasks.sweep", 15, "mail"),
    "sweep-channels": every("notifications.tasks.sweep_channels", 15, "mail"),
    "read-replies": every("notifications.tasks.read_replies", 60, "mail"),
    "watch-letters": every("scheduler.tasks.watch_letters", 60, "solve"),
    "take-answers": every("scheduler.tasks.take_answers", 60, "solve"),
    "remind": every("scheduler.tasks.remind", 60, "solve"),
    "decide-overdue": every("scheduler.tasks.decide_overdue", 60, "solve"),
    "answer-overdue": every("scheduler.tasks.answer_overdue", 60, "solve"),
    "serve-waiting": every("scheduler.tasks.serve_waiting", 60, "solve"),
    "plan-waiting": every("scheduler.tasks.plan_waiting", 60, "solve"),
    "compare": every("scheduler.tasks.compare", 3600, "solve"),
    "forget-ceremonies": every("scheduler.tasks.forget_ceremonies", 3600, "solve"),
    "forget-sessions": every("config.tasks.forget_sessions", 3600, "mail"),
    "forget-people": every("scheduler.tasks.forget_people", 86_400, "solve"),
    "scrub": every("notifications.tasks.scrub", 86_400, "mail"),
    "finish": every("scheduler.tasks.finish", 300, "solve"),
    # Each night's first run does the night's work; the later ones find nothing to do, or make up for a night that was missed.
    "promise": every("scheduler.tasks.promise", 1800, "solve"),
}


class Beat(PersistentScheduler):
    """The timetable's clock; each tick is a sign of life."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        alive.touch("beat")
        return float(super().tick(*args, **kwargs))


@heartbeat_sent.connect(weak=False)
def worker_lives(sender: Any, **_: Any) -> None:
    """A worker's own event loop runs and reaches Redis. Its file is named by its queue: it is called `<queue>@<host>`."""
    alive.touch(str(sender.eventer.hostname).partition("@")[0])
