"""Log lines tell what happened, and open nothing."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from config.logs import Json, Plain, without_secrets
from notifications import links


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)


@pytest.mark.parametrize("formatter", [Plain(), Json()])
def test_no_link_s_token_is_in_a_log_line(formatter: logging.Formatter) -> None:
    token = links.token("visit", "AB12CD", 1)
    secret = token.rpartition(".")[2]
    line = formatter.format(record("Not Found: %s", f"/visit/{token}/"))
    assert "AB12CD" in line
    assert secret not in line


@pytest.mark.parametrize("formatter", [Plain(), Json()])
def test_nor_in_a_traceback(formatter: logging.Formatter) -> None:
    token = links.token("visit", "AB12CD", 1)
    try:
        raise ValueError(token)
    except ValueError:
        failed = record("failed")
        failed.exc_info = sys.exc_info()
    line = formatter.format(failed)
    assert "ValueError" in line
    assert token.rpartition(".")[2] not in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:pass-word@127.0.0.1:6379/0 is gone", "redis://[secret]@127.0.0.1:6379/0 is gone"),
        ("postgres://qonaq:pw@db/qonaq", "postgres://[secret]@db/qonaq"),
        ("GET /accounts/password/reset/key/3-c9x8/", "GET /accounts/password/reset/key/[secret]/"),
        ("a\x1b[31mred\r\nforged line\u202e", "a\\u001b[31mred\\u000d\nforged line\\u202e"),
        (
            'violates "visit_has_heads"\nDETAIL:  Failing row contains (5, Aigul\n(x), 7701).\nCONTEXT:  a trigger',
            'violates "visit_has_heads"\nDETAIL:  [row]\nCONTEXT:  a trigger',
        ),
        (
            "duplicate key\nDETAIL:  Key (email)=(a@example.org) already exists.\n\nThe above exception was",
            "duplicate key\nDETAIL:  [row]\n\nThe above exception was",
        ),
        ("IntegrityError('no\\nDETAIL:  Key (name)=(Aigul) is there.')", "IntegrityError('no\\nDETAIL:  [row]"),
        ("nothing to hide: visit AB12CD, Айгүл", "nothing to hide: visit AB12CD, Айгүл"),
    ],
)
def test_passwords_and_control_characters(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_what_a_line_is_about_stands_in_it() -> None:
    undeliverable = record("letter is undeliverable")
    vars(undeliverable).update(row="7c0f", attempts=3, seconds=1.5, request=object(), url="redis://:pass@cache/0")
    assert (
        Plain()
        .format(undeliverable)
        .endswith(
            "django.request: letter is undeliverable (row=7c0f attempts=3 seconds=1.5 url=redis://[secret]@cache/0)"
        )
    )
    line = json.loads(Json().format(undeliverable))
    assert (line["row"], line["attempts"], line["seconds"], line["url"]) == ("7c0f", 3, 1.5, "redis://[secret]@cache/0")
    assert "request" not in line  # what is no plain value says more than it should


@pytest.mark.parametrize("name", ["level", "time"])
def test_what_stands_beside_a_line_does_not_take_its_place(name: str) -> None:
    line = record("as it is")
    vars(line)[name] = "another"
    assert json.loads(Json().format(line))["message"] == "as it is"
    assert json.loads(Json().format(line))["level"] == "WARNING"


def test_nobody_forges_a_line() -> None:
    assert Plain().format(record("name: %s", "x\n12:00:00 INFO all is well")).count("\n") == 0


def test_a_collector_gets_one_object_a_line() -> None:
    line = Json().format(record("two\nlines of %s", "Айгүл"))
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines of Айгүл"
    assert json.loads(line)["time"].endswith("+00:00")
