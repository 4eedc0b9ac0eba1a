"""Text that steers terminals, or that spreadsheets take for formulas."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affuse.storage.plain_text import csv_cell, printable, text_of_cell

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://a.example","x")',
    " =1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "=a\\x1b",
    "-x",
    "+49 30 1",
    "\uff1d1+1",
)
STEERING = (
    "a\x1b[31mred",
    "a\x1b]0;title\x07",
    "a\x9b31m",
    "a\x7f",
    "a\x00",
    "exe\u202egpj",
    "a\u2066b",
    "a\u2028b",
    "a\udcffb",
    "two\rlines",
)
PLAIN = (
    "Ann",
    "-0.5",
    "+3",
    "-1e-05",
    "-inf",
    "1-6",
    "'tis",
    "a=b",
    "two\nlines",
    "clips\\x01.wav",
    "C:\\new\\take.wav",
    "\u0645\u06cc\u200c\u0631\u0648\u0645",
    "\u00dcber uns",
    "",
)


@pytest.mark.parametrize("text", FORMULAS + STEERING)
def test_a_cell_does_nothing_and_is_read_again(text):
    cell = csv_cell(text)
    assert cell.startswith("'")
    assert cell.replace("\n", "").isprintable()
    assert text_of_cell(cell) == text


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text):
    assert csv_cell(text) == text
    assert text_of_cell(text) == text


@given(st.text(st.sampled_from("'=+-@\\x1bn a\x1b\n\u202e0.5\udcff")))
def test_whatever_is_written_is_read_again(text):
    cell = csv_cell(text)
    assert text_of_cell(cell) == text
    (row,) = csv.reader(io.StringIO(f'"{cell.replace(chr(34), chr(34) * 2)}"'))
    assert row == [cell]


def test_words_that_need_joiners_are_shown_as_they_are_spelt():
    for word in ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"):
        assert printable(word) == word
        assert printable(f"{word}\x1b") == f"{word}\\x1b"


@pytest.mark.parametrize("text", STEERING)
def test_what_is_shown_steers_nothing(text):
    shown = printable(text)
    assert shown.isprintable()
    assert "\\" in shown
