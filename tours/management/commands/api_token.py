"""`manage.py api_token USER [--name NAME] [--revoke]`: a staff member's key to the API."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tours import services
from tours.models import User


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _("Make an API token for a user and print it, once; only its fingerprint is kept.")
        parser.add_argument("user", metavar="USER", help=_("the name that they sign in with"))
        parser.add_argument("--name", default=None, help=_("what the token is for"))
        parser.add_argument(
            "--revoke", action="store_true", help=_("revoke the user's tokens: those of --name, or all")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(_("There is no user “%(name)s”.") % {"name": options["user"]})
        if options["revoke"]:
            count = services.revoke_tokens(user, name=options["name"], now=timezone.now())
            self.stderr.write(
                ngettext("%(count)d token revoked.", "%(count)d tokens revoked.", count) % {"count": count}
            )
            return
        if not user.is_active:
            raise CommandError(_("This user may not sign in."))
        self.stdout.write(services.make_token(user, name=options["name"] or "", now=timezone.now()))
        self.stderr.write(_("Keep it: it cannot be shown again."))
