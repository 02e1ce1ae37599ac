"""A worker gets ready beside serving, whatever is away, and tidies between pages."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator

import pytest
from django.template.loader import get_template

from config import warming
from tests.live import ROOT, Program, free_port

READY = """
import django; django.setup()
import gc, sys
from config import warming
warming.get_ready()
print(gc.get_freeze_count(), len(gc.get_objects()), gc.get_threshold()[0], "ortools.sat.python.cp_model" in sys.modules)
"""


@pytest.fixture
def _no_collection_by_itself() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


class Thing:
    """Something that holds itself, as a page's rows do."""

    def __init__(self) -> None:
        self.itself = self


def test_a_worker_is_warm_soon_after_it_serves(start_program: Callable[..., Program], transactional_db: None) -> None:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    web = start_program("web", command, WEB_WORKERS="1", PORT=str(free_port()))
    web.wait_for(lambda: "warm after" in web.said())
    assert "Traceback" not in web.said()


def test_it_gets_ready_without_a_database() -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": away}
    said = subprocess.run([sys.executable, "-c", READY], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stderr
    frozen, looked_at, threshold, solvers = said.stdout.split()
    assert int(frozen) > 100_000 > int(looked_at)
    assert (int(threshold), solvers) == (warming.MOST_YOUNG, "True")


def test_all_our_templates_are_read_in_and_nobody_elses() -> None:
    names = warming.our_templates()
    assert {"scheduler/home.html", "scheduler/parts/nav.html", "503.html"} <= set(names)
    assert not any(name.startswith(("admin/", "unfold/")) for name in names)
    assert all(get_template(name) for name in names)


@pytest.mark.usefixtures("_no_collection_by_itself")
def test_what_a_page_leaves_is_collected_between_pages() -> None:
    gc.collect()
    one = Thing()
    seen = weakref.ref(one)
    del one
    warming.tidy()
    assert seen() is not None  # too little to look for
    litter = [Thing() for _ in range(warming.LITTER)]
    del litter
    warming.tidy()
    assert seen() is None
