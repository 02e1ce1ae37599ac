"""What the catalogue raises when it cannot do or answer what it was asked, with nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from tours.yaml_files import Fault


class CatalogueError(Exception):
    """Understood and not done. `code` is stable, `detail` is for a person, `extra` for a program (see config/api.py)."""

    code = "catalogue_error"
    status = 409
    detail: Any = _("This cannot be done.")

    def __init__(self, detail: Any = None, **extra: Any) -> None:
        if detail is not None:
            self.detail = detail
        self.extra: Mapping[str, Any] = extra
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.detail)


class NoMuseum(CatalogueError):
    """Nothing has been loaded yet (`manage.py load_museum`)."""

    code = "no_museum"
    status = 503
    detail = _("No museum has been set up here yet.")


class NoPrice(CatalogueError):
    """A paying audience without a price for so many heads; `audience` is its code."""

    code = "no_price"
    detail = _("The museum has not set a price for so many people of this kind of group.")


class LaneInUse(CatalogueError):
    """A space would lose room that visits have been given; `space` is its code."""

    code = "lane_in_use"
    detail = _("Visits have been given this room, so it cannot be taken away. Close the place for a time instead.")


class AnotherMuseum(CatalogueError):
    """A file of another museum; `present` and `asked` are their codes. One deployment holds one museum."""

    code = "another_museum"
    detail = _("This is the file of another museum than the one that is set up here.")


class Impossible(CatalogueError):
    """A change that no museum could serve; `faults` are all of its reasons."""

    code = "impossible_catalogue"
    status = 422
    detail = _("This cannot be saved as it is.")

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults=[{"path": list(fault.path), "reason": str(fault.reason)} for fault in faults])


class ChangedSince(CatalogueError):
    """What was looked at is not so any more."""

    code = "changed_since"
    detail = _("Somebody has changed this meanwhile. Please look again.")


class NothingChanged(CatalogueError):
    """Everything is so already."""

    code = "nothing_changed"
    detail = _("Nothing is different from what it was.")
