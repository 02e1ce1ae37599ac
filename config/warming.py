"""What a web worker does beside serving: at its start it reads in what its first readers would wait for; later it tidies between pages.

Python's garbage collector looks, every so many things made, through all that still lives. Of a worker that has read in its code,
templates and words that takes a fifth of a second, and it comes in the midst of some page. So what a warm worker keeps until its end is
put out of the collector's sight (`gc.freeze`), and what pages leave behind is collected once an answer has gone out.
"""

from __future__ import annotations

import gc
import itertools
import logging
import time
from threading import Thread

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils import timezone, translation

from scheduler import showcase
from scheduler.core import solving
from tours import queries as catalogue
from tours.errors import CatalogueError

log = logging.getLogger(__name__)

MOST_YOUNG = 100_000
"""So many new things make the collector look in the midst of a page: more than a page makes, so that it is for long work alone."""
LITTER, THOROUGH = 5_000, 100
"""New things after which to collect between two pages, and after how many such times to look through older things as well."""
_turns = itertools.count(1)


def begin() -> None:
    """Get ready beside serving: a worker answers from the first moment on."""
    Thread(target=get_ready, name="warming", daemon=True).start()


def get_ready() -> None:
    """Read in what pages need, then tell the collector that it stays. Without a database all but the first look into it is done."""
    began = time.monotonic()
    get_resolver().url_patterns  # noqa: B018  # imports every page
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("Ask for a visit")
    for name in our_templates():
        get_template(name)
    solving.load()
    try:
        showcase.next_free(showcase.tours(), list(catalogue.offered_audiences()), now=timezone.now())
    except (DatabaseError, CatalogueError) as error:
        log.info("nothing to look ahead at yet: %s", error)
    finally:
        connections.close_all()  # this thread's own
    gc.collect()
    gc.freeze()
    gc.set_threshold(MOST_YOUNG, *gc.get_threshold()[1:])
    log.info("warm after %.1f s, %d things kept from the collector", time.monotonic() - began, gc.get_freeze_count())


def our_templates() -> list[str]:
    """The templates of our own pages, by the names that views call them by."""
    folders = [settings.BASE_DIR / app.name / "templates" for app in apps.get_app_configs()]
    return [path.relative_to(folder).as_posix() for folder in folders for path in sorted(folder.rglob("*.html"))]


def tidy() -> None:
    """Collect what the last pages have left behind, if it is much. Called when an answer has gone out."""
    if gc.get_count()[0] > LITTER:
        gc.collect(2 if next(_turns) % THOROUGH == 0 else 1)
