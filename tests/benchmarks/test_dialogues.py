"""The diarisation error rate of the benchmark, against counts by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from affuse.people.records import Turn

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dialogues():
    spec = importlib.util.spec_from_file_location("dialogues", ROOT / "benchmarks/dialogues.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["dialogues"] = module
    spec.loader.exec_module(module)
    return module


TRUTH = (Turn(1.0, 5.0, 1), Turn(6.0, 8.0, 2))


def test_what_is_right_whatever_its_numbers_has_no_error(dialogues):
    swapped = [Turn(1.0, 5.0, 2), Turn(6.0, 8.0, 1)]
    assert dialogues.error_rate(TRUTH, swapped, 1000) == 0.0
    # Within the collar of a quarter of a second edges may lie elsewhere.
    assert dialogues.error_rate(TRUTH, [Turn(0.8, 5.2, 1), Turn(6.2, 7.8, 2)], 1000) == 0.0
    assert dialogues.error_rate(TRUTH, [Turn(0.8, 5.2, 1), Turn(6.2, 7.8, 2)], 1000, 0.0) > 0


def test_missed_false_and_confused_speech_count_as_they_last(dialogues):
    # Without collar 6 s of speech: 1 s missed, 0.5 s false, 2 s of the second voice confused.
    found = [Turn(2.0, 5.5, 1), Turn(6.0, 8.0, 1)]
    assert dialogues.error_rate(TRUTH, found, 1000, 0.0) == pytest.approx(3.5 / 6)
    # With it 5 s count: [1.25, 4.75) and [6.25, 7.75); missed 0.75, false 0.25, confused 1.5.
    assert dialogues.error_rate(TRUTH, found, 1000) == pytest.approx(2.5 / 5)
    assert dialogues.error_rate(TRUTH, [], 1000) == 1.0


def test_one_voice_cannot_stand_for_two(dialogues):
    one = [Turn(1.0, 5.0, 1), Turn(6.0, 8.0, 1)]
    assert dialogues.error_rate(TRUTH, one, 1000, 0.0) == pytest.approx(2 / 6)
    split = [Turn(1.0, 3.0, 1), Turn(3.0, 5.0, 3), Turn(6.0, 8.0, 2)]
    assert dialogues.error_rate(TRUTH, split, 1000, 0.0) == pytest.approx(2 / 6)
