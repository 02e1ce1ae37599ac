"""Which texts of the catalogue exist in each language (django-modeltranslation)."""

from modeltranslation.translator import TranslationOptions, register

from tours.models import Audience, Holiday, Museum, Space, Tour


@register(Museum)
class MuseumTranslation(TranslationOptions):
    fields = ("name", "address", "how_to_come", "meeting_point", "time_zone_name")


@register(Holiday)
class HolidayTranslation(TranslationOptions):
    fields = ("name",)


@register(Space)
class SpaceTranslation(TranslationOptions):
    fields = ("name",)


@register(Tour)
class TourTranslation(TranslationOptions):
    fields = ("name",)


@register(Audience)
class AudienceTranslation(TranslationOptions):
    fields = ("name", "proof")
