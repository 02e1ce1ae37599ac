"""What a stranger typed, made safe to stand in a header, a calendar line, a log line or a page: text, nothing else.

Input is refused where it is typed (by the validators of the forms); here it is only stripped, so that a row that came in
another way is still a letter and not a poison row. icalendar 7 escapes CR and LF but lets NUL, VT, FF and NEL through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

JSON = None | bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"]

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0 and C1 without TAB and LF; bidirectional overrides and isolates; zero-width signs (the joiners too: they hide names); surrogates
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def many_lines(text: str) -> str:
    """`text` without control, override and invisible characters; line breaks become LF."""
    return _HIDDEN.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """The same on one line, runs of white space as one space."""
    return " ".join(many_lines(text).split())


def clean(value: Any) -> Any:
    """`value` (plain JSON) with every text in it made safe; PostgreSQL's jsonb would refuse NUL and surrogates."""
    if isinstance(value, str):
        return many_lines(value)
    if isinstance(value, Mapping):
        return {many_lines(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value
