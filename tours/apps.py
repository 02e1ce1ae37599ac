"""What the museum offers and who guides: the catalogue."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ToursConfig(AppConfig):
    name = "tours"
    verbose_name = _("Catalogue")
    default_auto_field = "django.db.models.BigAutoField"
