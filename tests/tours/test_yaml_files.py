"""YAML from strangers: bounded, plain, and with lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tours import yaml_files
from tours.yaml_files import FileRefused

Write = Callable[[str], Path]

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60))

REFUSED = {
    "larger than 5 MB": "x" * (5 * 2**20 + 1),
    "holds too many values": BOMB,
    "is nested too deeply": "[" * 100_000,
    "nested too deeply": CHAIN,
    "contains itself": "a: &a [*a]",
    "is empty": "# nothing\n",
    "twice": "a: 1\nb: 2\na: 3\n",
    "did not find expected": "a: [1,\n",
    "another document": "a: 1\n---\nb: 2\n",
    "could not determine a constructor": "a: !!python/object/apply:os.system [ls]",
    "undefined alias": "a: *b",
    "no plain text": "? [a]\n: 1",
    "control characters": "a: \x07",
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_refused_is_named_and_costs_little(write: Write, reason: str) -> None:
    path = write(REFUSED[reason])
    started = time.process_time()
    with pytest.raises(FileRefused) as raised:
        yaml_files.read(path)
    assert time.process_time() - started < 5
    assert str(raised.value).startswith(str(path))
    assert reason in str(raised.value)


def test_a_long_file_of_small_values_is_refused_before_it_is_built(write: Write) -> None:
    with pytest.raises(FileRefused, match="too many values"):
        yaml_files.read(write("[" + "1," * 400_000 + "]"))


def test_what_is_not_utf8_or_not_there_is_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(FileRefused, match=r"latin\.yaml:2: is not UTF-8"):
        yaml_files.read(latin)
    with pytest.raises(FileRefused, match="cannot be read"):
        yaml_files.read(tmp_path / "none.yaml")


def test_plain_values_are_those_of_yaml_1_2(write: Write) -> None:
    """As YAML 1.1 has them, 10:00 is 600, a telephone number loses its plus and `no` is false."""
    document = yaml_files.read(
        write(
            "a: 10:00\nb: 2025-05-24\nc: no\nd: +77010000001\ne: 017\nf: -5\ng: 1.5\nh: true\ni:\nj: '7'\nk: 9"
            + "9" * 5000
        )
    )
    data = document.data
    assert {key: data[key] for key in "abcde"} == {
        "a": "10:00",
        "b": "2025-05-24",
        "c": "no",
        "d": "+77010000001",
        "e": "017",
    }
    assert (data["f"], data["g"], data["h"], data["i"], data["j"]) == (-5, 1.5, True, None, "7")
    assert isinstance(data["k"], str)


def test_lines_are_known_and_those_of_what_is_missing_are_its_owner_s(write: Write) -> None:
    document = yaml_files.read(write("a:\n  - b: 1\n    c:\n      - 2\n      - 3\n"))
    assert document.line(("a", 0, "c", 1)) == 5
    assert document.line(("a", 0, "missing", "deeper")) == 2
    assert yaml_files.dotted(("a", 0, "c", 1)) == "a[0].c[1]"


def test_aliases_and_merges_may_be_used_with_measure(write: Write) -> None:
    document = yaml_files.read(write("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\nc: [*a, *a]\n"))
    assert document.data == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": [{"x": 1}, {"x": 1}]}
