"""Reads one YAML file that somebody else wrote: bounded in size, depth and aliases, no key twice, and knowing each value's line.

Plain values only, as YAML 1.2 reads them: 10:00 and 2027-05-24 are text, yes and no are words, +77010000000 is no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

MOST_BYTES = 5 * 2**20
MOST_EVENTS = 300_000
MOST_DEPTH = 24
MOST_VALUES = 300_000  # with every alias written out

Path_ = tuple[str | int, ...]
"""Where a value stands: ("tours", 2, "stops", 0, "space")."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `reason` is for a person; `line` counts from 1, 0 where it is the whole file."""

    path: Path_
    reason: str
    line: int = 0


class FileRefused(Exception):
    """A file that was not taken, with everything that is wrong in it; `str()` is one line for each."""

    code = "file_refused"
    status = 422

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(faults)
        self.extra = {
            "faults": [
                {"path": dotted(fault.path), "reason": fault.reason, "line": fault.line} for fault in self.faults
            ]
        }
        super().__init__(file)

    @property
    def detail(self) -> str:
        return "\n".join(self._lines())

    def __str__(self) -> str:
        return self.detail

    def _lines(self) -> Iterator[str]:
        for fault in self.faults:
            place = f"{self.file}:{fault.line}" if fault.line else self.file
            yield ": ".join(part for part in (place, dotted(fault.path), fault.reason) if part)


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and on which line each value begins."""

    file: str
    data: Any
    lines: dict[Path_, int] = field(repr=False)

    def line(self, path: Path_) -> int:
        """The line of a value, or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def dotted(path: Path_) -> str:
    """As people read it: tours[2].stops[0].space."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def read(path: Path) -> Document:
    """Raises `FileRefused`."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileRefused(file, [Fault((), _("cannot be read (%(why)s)") % {"why": error.strerror})]) from error
    if len(raw) > MOST_BYTES:
        raise FileRefused(file, [Fault((), _("is larger than %(most)d MB") % {"most": MOST_BYTES // 2**20})])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileRefused(file, [Fault((), _("is not UTF-8 text"), line)]) from error
    try:
        _bounded(file, text)
        return _composed(file, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.context, error.problem)))
        raise FileRefused(
            file, [Fault((), _("is not YAML: %(why)s") % {"why": reason}, mark.line + 1 if mark else 0)]
        ) from error
    except yaml.YAMLError as error:
        raise FileRefused(file, [Fault((), _("is not YAML: %(why)s") % {"why": error})]) from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's where the wheel has it
    """Safe, and with the plain values of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^-?(?:0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("float", r"^-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}$", "-0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("merge", r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def _line(part: yaml.Node | yaml.Event) -> int:
    return part.start_mark.line + 1 if part.start_mark else 0


def _bounded(file: str, text: str) -> None:
    """Refuse what would cost much to build, by events alone (they need neither recursion nor much memory)."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = _line(event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            raise FileRefused(file, [Fault((), _("is nested too deeply"), line)])
        if count > MOST_EVENTS:
            raise FileRefused(file, [Fault((), _("holds too many values"), line)])


def _composed(file: str, text: str) -> Document:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            raise FileRefused(file, [Fault((), _("is empty"))])
        _expanded(file, root)
        lines: dict[Path_, int] = {}
        faults = list(_walk(root, (), lines, loader))
        if faults:
            raise FileRefused(file, faults)
        return Document(file, loader.construct_document(root), lines)
    finally:
        loader.dispose()


def _expanded(file: str, root: yaml.Node) -> None:
    """Refuse a file whose aliases, written out, would be too large, too deep or without end."""
    measured: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()

    def measure(node: yaml.Node) -> tuple[int, int]:
        """How many values, and how deep."""
        key, line = id(node), _line(node)
        if key in open_nodes:
            raise FileRefused(file, [Fault((), _("holds something that contains itself"), line)])
        if key not in measured:
            open_nodes.add(key)
            inner = [measure(child) for child in _children(node)]
            open_nodes.discard(key)
            count, depth = 1 + sum(part[0] for part in inner), 1 + max((part[1] for part in inner), default=0)
            if count > MOST_VALUES:
                raise FileRefused(file, [Fault((), _("holds too many values"), line)])
            if depth > MOST_DEPTH:
                raise FileRefused(file, [Fault((), _("is nested too deeply"), line)])
            measured[key] = count, depth
        return measured[key]

    measure(root)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from (key, value)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _walk(node: yaml.Node, path: Path_, lines: dict[Path_, int], loader: Any) -> Iterator[Fault]:
    """Note each value's line; yield keys that stand twice or are no text."""
    lines[path] = _line(node)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), lines, loader)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                yield Fault(path, _("has a key that is no plain text"), _line(key))
                continue
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            here = (*path, str(key.value))
            if key.value in seen:
                yield Fault(here, _("stands here twice"), _line(key))
            seen.add(key.value)
            yield from _walk(value, here, lines, loader)
