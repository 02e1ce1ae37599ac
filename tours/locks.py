"""The calendar lock: who changes what every day depends on takes it exclusively, who books takes it shared (scheduler/locks.py)."""

from __future__ import annotations

from django.db import connection
from django.db.transaction import TransactionManagementError

CALENDAR_KEY = 0x716F6E6171
"""An advisory lock of PostgreSQL, held to the end of the transaction (the letters of "qonaq")."""


def calendar_exclusive() -> None:
    """Wait until nobody books, and let nobody look until this transaction ends. Take it before looking.

    Raises `django.db.OperationalError` where `lock_timeout` passes first, `TransactionManagementError` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("The calendar lock is held by a transaction: take it inside one.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CALENDAR_KEY])
