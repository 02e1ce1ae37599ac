"""How gunicorn serves: `gunicorn -c python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a heartbeat file must not wait for a disk
timeout = 30
graceful_timeout = 30
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
accesslog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'
control_socket_disable = True
proc_name = "qonaq-web"
_format = os.environ.get("LOG_FORMAT") or ("plain" if os.environ.get("DEMONSTRATION") == "1" else "json")
logconfig_dict: dict[str, Any] = {  # through our formatters, so that no link's token gets into the access log
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "config.logs.Plain"}, "json": {"()": "config.logs.Json"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": _format, "stream": "ext://sys.stdout"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}


def post_worker_init(worker: Any) -> None:
    """A page waits at most a second for Redis: its letters are in the outbox anyway. What pages need is read in beside serving."""
    import django

    django.setup()  # of a site that is made on its first call nothing can be read in before
    from config import warming
    from config.celery import app

    app.conf.broker_transport_options |= {"socket_timeout": 1, "socket_connect_timeout": 1}
    warming.begin()


def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
    """The answer has gone out: nobody waits while we tidy."""
    from config import warming

    warming.tidy()
