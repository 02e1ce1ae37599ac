"""The app that plugs the others in."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import (  # noqa: F401  # each registers itself: the checks, and the app that tasks belong to
            celery,
            checks,
        )
