"""`make run`: everything at once on one machine, to try it out."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from config import embedded
from config.servers import CannotStart

MUSEUM = embedded.CHECKOUT / "tours" / "museums" / "alzhir.yaml"
STOPPED_BY_PERSON = 130  # 128 + SIGINT: the way to stop it, not a failure
GUIDE = "g01"  # of that museum: whom the account `guide` belongs to


def main() -> int:
    """Prepare the database, then serve until Ctrl-C. Gives an exit code."""
    port = int(os.environ.get("PORT", "8000"))
    if _listens(port):
        print(f"Port {port} is taken. Choose another: PORT=8001 make run", file=sys.stderr)
        return 1
    # From here on a signal ends us by an exception, so that whatever has been started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        with embedded.environment(embedded.var_dir()) as env:
            os.environ.update(env | {"PORT": str(port), "DJANGO_SETTINGS_MODULE": "config.settings"})
            accounts = prepare()
            return serve(port, accounts)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def prepare() -> Mapping[str, str]:
    """Tables, translations, the museum and the accounts, each only where missing. Gives the passwords by user name."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from django.utils import timezone

    from config import ordinary_weeks
    from scheduler import locks
    from scheduler.models import Visit
    from tours.models import Museum, User

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # nothing is collected here, but whitenoise looks
    call_command("compile_translations", verbosity=0)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not Museum.objects.exists():
        print(f"Loading the museum and its season from {MUSEUM.relative_to(embedded.CHECKOUT)} …", flush=True)
        call_command("load_museum", str(MUSEUM), "--season-near-today", verbosity=0)
    passwords = accounts(embedded.var_dir() / "accounts.json")
    if not Visit.objects.filter(status=Visit.Status.DONE).exists():
        locks.door(ordinary_weeks.fill)(by=User.objects.get(username="office"), now=timezone.now())
    connections.close_all()
    return passwords


def accounts(file: Path) -> Mapping[str, str]:
    """One account for each role. The passwords are random, made on the first start, and kept for the owner of VAR_DIR alone.

    The office is no more than an office is elsewhere: it reads what a ceremony needs, and the catalogue's tables are the admin's.
    """
    from django.contrib.auth.models import Permission

    from tours.models import Guide, User

    passwords: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    for name in ("office", "guide", "admin"):
        user, made = User.objects.get_or_create(
            username=name, defaults={"is_staff": name != "guide", "is_superuser": name == "admin"}
        )
        if made or name not in passwords:
            passwords[name] = secrets.token_urlsafe(12)
            user.set_password(passwords[name])
            user.save(update_fields=["password"])
        if made and name == "office":
            user.user_permissions.add(Permission.objects.get(codename="view_ceremonyplan"))
    Guide.objects.filter(code=GUIDE, user=None).update(user=User.objects.get(username="guide"))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(passwords, out)
    return passwords


def commands() -> dict[str, str]:
    """What runs, by name; the same commands as in docker-compose.yml."""
    python = sys.executable
    return {
        "web": f"exec {python} -m gunicorn -c python:config.gunicorn config.wsgi",
        "mail": f"exec {python} -m celery -q -A config worker -Q mail -n mail@%h -c 2 --without-gossip --without-mingle",
        "solve": f"exec {python} -m celery -q -A config worker -Q solve -n solve@%h -c 1 --without-gossip --without-mingle",
        "beat": f"exec {python} -m celery -q -A config beat",
    }


def serve(port: int, passwords: Mapping[str, str]) -> int:
    """Run all of it under one supervisor; if one ends, all do."""
    from honcho.manager import Manager

    manager: Any = Manager()
    # Trying it out as root is all right: the servers are not root, and nothing listens but on loopback.
    quiet = "ignore:You're running the worker with superuser privileges"
    env = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": quiet}
    for name, command in commands().items():
        manager.add_process(name, command, env=env, cwd=str(embedded.CHECKOUT))
    threading.Thread(target=_announce, args=(port, passwords), daemon=True).start()
    manager.loop()
    return 0 if manager.returncode == STOPPED_BY_PERSON else int(manager.returncode or 0)


def _listens(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
        return True
    return False


def _serves(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        return bool(answer.status == 200)
    return False


def _announce(port: int, passwords: Mapping[str, str]) -> None:
    from django.conf import settings

    while not _serves(port):
        time.sleep(0.1)
    letters = "as EMAIL_URL says" if settings.EMAIL_URL else f"as .eml files in {settings.EMAIL_FILE_PATH}"
    lines = [
        "",
        f"Qonaq is up: {settings.BASE_URL}/",
        *(f"  sign in as {name:7} password {password}" for name, password in passwords.items()),
        f"  admin      {settings.BASE_URL}/admin/    API  {settings.BASE_URL}/api/docs",
        f"  letters    {letters}",
        "Ctrl-C stops everything.",
        "",
    ]
    print("\n".join(lines), flush=True)
