"""Lists come as `{count, next, previous, results}`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

PAGE = [
    OpenApiParameter("page", int, description="Which page, from 1."),
    OpenApiParameter("page_size", int, description="How many on a page, at most 500."),
]


def paged(request: Request, rows: Any, shape: Callable[[Any], Any]) -> Response:
    """One page of `rows` (a query or a list), each as `shape` makes it."""
    paginator: PageNumberPagination = import_string(str(settings.REST_FRAMEWORK["DEFAULT_PAGINATION_CLASS"]))()
    page: list[Any] = paginator.paginate_queryset(rows, request) or []
    return paginator.get_paginated_response([shape(row) for row in page])


def pages(of: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A page of these, for the schema."""
    name = of.__name__.removesuffix("Answer")
    fields: dict[str, Any] = {
        "count": serializers.IntegerField(help_text="How many there are in all."),
        "next": serializers.URLField(allow_null=True, help_text="The next page."),
        "previous": serializers.URLField(allow_null=True, help_text="The page before."),
        "results": of(many=True),
    }
    return inline_serializer(f"{name}Page", fields)
