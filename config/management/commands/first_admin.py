"""The first administrator of a fresh deployment: there is no account before this."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from tours.models import User


class Command(BaseCommand):
    help = "Make the first administrator. The password is asked for; from a pipe, it is the first line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="", help="where a forgotten password's letter goes")
        parser.add_argument("--another", action="store_true", help="there is an administrator already; make one more")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not options["another"] and User.objects.filter(is_superuser=True, is_active=True).exists():
            raise CommandError("There is an administrator already. Say --another to make one more.")
        user = User(username=options["username"], email=options["email"], is_staff=True, is_superuser=True)
        try:
            user.full_clean(exclude=["password"])
            password = self._password()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        user.save()
        self.stdout.write(
            f"{user.username} can sign in at {settings.BASE_URL}{reverse('account_login')}, "
            "and will be asked to set up a second factor there."
        )

    def _password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        first = getpass.getpass("Password (at least 12 characters): ")
        if getpass.getpass("Once more: ") != first:
            raise CommandError("The two were not the same.")
        return first
