"""How cached values are written: as JSON, never as pickles, which whoever can write to Redis could turn into code."""

from __future__ import annotations

import json
from typing import Any


class Json:
    """A serializer for Django's Redis cache."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)
