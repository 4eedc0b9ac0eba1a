"""What happens to a file: flipped bits, lost and swapped parts, extreme numbers, odd text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Mutation = Callable[[bytearray, bytes, np.random.Generator], bytearray]
"""Content, another file to take from, numbers -> new content."""

MOST_BYTES = 4 << 20
"""No mutated file is larger."""

_HEADER = 512
_EXTREMES = (0, 1, -1, 7, 2**15 - 1, 2**16 - 1, 2**30, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))
_ODD_TEXT = (
    *(
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"\r",
        b"\n\n",
        b"\x00",
        b"\x1b[2J",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
    ),
    *(b"nan", b"inf", b"-1e999", b"1e400", b"=1+1", b"../../etc/passwd", b"\xf0\x9f\x98\x80"),
    *(b"9" * 5000, b"[" * 3000, b'{"a":' * 3000, b"x" * 70_000),
)


def mutate(content: bytes, other: bytes, rng: np.random.Generator, *, text: bool) -> bytes:
    """A file changed in one to four ways; of text more than half the changes are of its words.

    Parameters
    ----------
    content, other : bytes
        The file, and one of which pieces may come.
    rng : Generator
        Decides everything.
    text : bool
    """
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        kinds = _TEXT if text and rng.random() < 0.6 else _BINARY
        changed = kinds[rng.integers(len(kinds))](changed, other, rng)[:MOST_BYTES]
    return bytes(changed)


def flip_bits(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """One to 64 bits anywhere."""
    for place in _places(content, rng, int(2 ** rng.uniform(0, 6))):
        content[place] ^= 1 << int(rng.integers(8))
    return content


def flip_header_bits(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """A few bits where containers say what they hold: in front, or at the end."""
    for _ in range(int(rng.integers(1, 6))):
        if content:
            content[_header_place(content, rng)] ^= 1 << int(rng.integers(8))
    return content


def set_extreme(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """One number of a header set to 0, the largest or the smallest of its width."""
    n_bytes = int(rng.choice([1, 2, 4, 8]))
    value = int(_EXTREMES[rng.integers(len(_EXTREMES))]) % 2 ** (8 * n_bytes)
    order: list[str] = ["little", "big"]
    number = value.to_bytes(n_bytes, order[rng.integers(2)])  # type: ignore[arg-type]
    place = _header_place(content, rng) if rng.random() < 0.7 else _place(content, rng)
    content[place : place + n_bytes] = number
    return content


def truncate(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """The end is missing, or now and then the beginning."""
    place = _place(content, rng)
    return content[place:] if rng.random() < 0.15 else content[:place]


def remove_chunk(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """A stretch is missing."""
    start, end = _stretch(content, rng)
    del content[start:end]
    return content


def repeat_chunk(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """A stretch comes twice or more."""
    start, end = _stretch(content, rng)
    content[end:end] = content[start:end] * int(rng.integers(1, 5))
    return content


def swap_chunks(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """Two stretches in each other's place."""
    first, second = sorted((_stretch(content, rng), _stretch(content, rng)))
    if first[1] > second[0]:
        return content
    one, two = content[slice(*first)], content[slice(*second)]
    return content[: first[0]] + two + content[first[1] : second[0]] + one + content[second[1] :]


def clear_chunk(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """A stretch of zeros or of ones, as of a bad disk."""
    start, end = _stretch(content, rng)
    content[start:end] = bytes([int(rng.choice([0, 255]))]) * (end - start)
    return content


def scatter_noise(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """A stretch of random bytes."""
    start, end = _stretch(content, rng)
    content[start:end] = rng.bytes(end - start)
    return content


def splice(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """The beginning of one file and the end of another."""
    return content[: _place(content, rng)] + other[_place(bytearray(other), rng) :]


def insert_text(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """Something odd within a text."""
    place = _place(content, rng)
    content[place:place] = _ODD_TEXT[rng.integers(len(_ODD_TEXT))]
    return content


def replace_word(content: bytearray, other: bytes, rng: np.random.Generator) -> bytearray:
    """A cell or value of a text becomes something odd."""
    start = _place(content, rng)
    ends = [content.find(mark, start + 1) for mark in (b",", b"\n", b'"', b" ")]
    end = min((place for place in ends if place > 0), default=len(content))
    content[start:end] = _ODD_TEXT[rng.integers(len(_ODD_TEXT))]
    return content


_BINARY: Sequence[Mutation] = (
    flip_bits,
    flip_header_bits,
    set_extreme,
    set_extreme,
    truncate,
    remove_chunk,
    repeat_chunk,
    swap_chunks,
    clear_chunk,
    scatter_noise,
    splice,
)
_TEXT: Sequence[Mutation] = (insert_text, replace_word)


def _place(content: bytearray, rng: np.random.Generator) -> int:
    return int(rng.integers(len(content) + 1)) if content else 0


def _places(content: bytearray, rng: np.random.Generator, n: int) -> list[int]:
    return [int(place) for place in rng.integers(len(content), size=n)] if content else []


def _header_place(content: bytearray, rng: np.random.Generator) -> int:
    reach = min(len(content), _HEADER)
    place = int(rng.integers(reach)) if reach else 0
    return len(content) - 1 - place if content and rng.random() < 0.4 else place


def _stretch(content: bytearray, rng: np.random.Generator) -> tuple[int, int]:
    """From one byte to half the file; short ones are as likely as long ones."""
    length = int(2 ** rng.uniform(0, np.log2(max(len(content) / 2, 2))))
    start = _place(content, rng)
    return start, min(start + length, len(content))
