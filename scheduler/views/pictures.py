"""A voucher as a picture: code, time, and a QR code for the desk. Made of black squares, so that it needs no font file."""

from __future__ import annotations

import struct
import zlib

import segno

Rows = list[list[int]]

GLYPHS = {
    "0": "3e5149453e", "1": "00427f4000", "2": "4261514946", "3": "2141454b31", "4": "1814127f10", "5": "2745454539",
    "6": "3c4a494930", "7": "0171090503", "8": "3649494936", "9": "064949291e", "A": "7e1111117e", "B": "7f49494936",
    "C": "3e41414122", "D": "7f4141221c", "E": "7f49494941", "F": "7f09090901", "G": "3e4149497a", "H": "7f0808087f",
    "I": "00417f4100", "J": "2040413f01", "K": "7f08142241", "L": "7f40404040", "M": "7f020c027f", "N": "7f0408107f",
    "O": "3e4141413e", "P": "7f09090906", "Q": "3e4151215e", "R": "7f09192946", "S": "4649494931", "T": "01017f0101",
    "U": "3f4040403f", "V": "1f2040201f", "W": "3f4038403f", "X": "6314081463", "Y": "0708700807", "Z": "6151494543",
    "-": "0808080808", ":": "0036360000", ".": "0060600000", " ": "0000000000",
}  # fmt: skip
"""Letters five squares wide and seven high: for each column a byte whose lowest bit is the topmost square."""
HIGH, WIDE, APART = 7, 5, 1


def voucher(code: str, time: str, opens: str) -> bytes:
    """A PNG of about 600 pixels: `code`, `time` in figures ("2025-05-20 11:00"), and what the QR code opens."""
    square = [[int(bit) for bit in row] for row in segno.make(opens, error="m", micro=False).matrix_iter(border=2)]
    scale = 480 // len(square)
    lines = [_sized(_written(code), 10), _sized(_written(time), 5), _sized(square, scale)]
    width = max(len(line[0]) for line in lines) + 80
    gap = [[0] * width for _row in range(36)]
    rows = [row for line in lines for row in (*gap, *_centred(line, width))]
    return png([*rows, *gap])


def png(rows: Rows) -> bytes:
    """Rows of 0 (white) and 1 (black) as a PNG of one bit for each pixel (W3C PNG, section 11)."""
    height, width = len(rows), len(rows[0])
    raw = b"".join(b"\0" + _packed(row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _packed(row: list[int]) -> bytes:
    bits = "".join("0" if dark else "1" for dark in row)  # in grey of one bit, 1 is white
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _written(text: str) -> Rows:
    columns: list[int] = []
    for char in text:
        columns += [*bytes.fromhex(GLYPHS[char]), *[0] * APART]
    return [[column >> row & 1 for column in columns[:-APART]] for row in range(HIGH)]


def _sized(rows: Rows, scale: int) -> Rows:
    return [[bit for bit in row for _column in range(scale)] for row in rows for _row in range(scale)]


def _centred(rows: Rows, width: int) -> Rows:
    left = (width - len(rows[0])) // 2
    return [[0] * left + row + [0] * (width - left - len(row)) for row in rows]
