"""What a visit costs: plain arithmetic, no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """`amount` for a visit of up to `max_heads`; or `per_head_above` for each head above the highest band."""

    max_heads: int | None = None
    amount: int | None = None
    per_head_above: int | None = None


def paying_heads(heads: int, adults: int, free_adults_per: int | None) -> int:
    """Heads that count for the price: without one accompanying adult for each full `free_adults_per` children."""
    if not 0 <= adults <= heads:
        raise ValueError("Adults are some of the heads.")
    if free_adults_per is None:
        return heads
    children = heads - adults
    return heads - min(adults, children // free_adults_per)


def price(bands: Iterable[Band], heads: int) -> int | None:
    """Price of a visit of `heads` paying people in whole units of currency; None where no band says.

    The lowest band that holds them; above the highest, its amount and so much for each head more.
    """
    if heads < 0:
        raise ValueError("There cannot be fewer than no heads.")
    if heads == 0:
        return 0
    top_heads, top_amount = 0, 0
    per_head_above: int | None = None
    for band in sorted(bands, key=lambda band: (band.max_heads is None, band.max_heads or 0)):
        if band.max_heads is not None and band.amount is not None:
            if heads <= band.max_heads:
                return band.amount
            top_heads, top_amount = band.max_heads, band.amount
        elif band.per_head_above is not None:
            per_head_above = band.per_head_above
    return None if per_head_above is None else top_amount + per_head_above * (heads - top_heads)
