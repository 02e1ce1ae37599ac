"""Links that say what they open and prove that we made them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import links


def test_a_token_opens_what_it_says_and_nothing_else() -> None:
    token = links.token("visit", "QX7K2M", 3)
    assert links.object_id(token) == "QX7K2M"
    assert links.matches(token, "visit", "QX7K2M", 3)
    assert not links.matches(token, "visit", "QX7K2M", 4)
    assert not links.matches(token, "visit_calendar", "QX7K2M", 3)
    assert not links.matches(token, "visit", "QX7K2N", 3)
    assert not links.matches(token[:-1], "visit", "QX7K2M", 3)
    assert len(token.partition(".")[2]) == 43  # 256 bits


@given(st.text())
def test_no_text_is_taken_for_a_token(text: str) -> None:
    said = links.object_id(text)
    assert not links.matches(text, "visit", said, 1)


def test_the_words_of_a_proof_cannot_be_shifted() -> None:
    assert links.token("visit", "A1", 1).partition(".")[2] != links.token("visit", "A", 11).partition(".")[2]


@pytest.mark.parametrize("object_id", ["", "a b", "a/b", "a.b", "é", "a\0b"])
def test_ids_that_no_address_can_carry_are_refused(object_id: str) -> None:
    with pytest.raises(ValueError, match=r"id|link"):
        links.token("visit", object_id, 1)
    with pytest.raises(ValueError, match="link"):
        links.placeholder("visit", object_id, 1)


def test_placeholders_are_filled_with_the_address() -> None:
    held = links.placeholder("visit", "A", 1)
    text = f"See {held} or {held}?answer=accept, not {links.placeholder('visit', 'A', 11)}"
    filled = links.fill(text, [held])
    assert links.url("visit", "A", 1) in filled
    assert filled.count("http://testserver/visit/A.") == 2
    assert links.placeholder("visit", "A", 11) in filled


def test_a_placeholder_that_a_stranger_typed_is_not_filled() -> None:
    mine, foreign = links.placeholder("visit", "MINE", 1), links.placeholder("visit", "OTHER", 1)
    allowed = links.placeholders_in({"manage": mine, "note": f"{foreign} "})
    assert allowed == [mine]
    assert foreign in links.fill(f"{mine} {foreign}", allowed)
