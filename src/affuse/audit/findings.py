"""The record of an audit: what was checked, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["OK", "NOTE", "LEAK"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and its outcome.

    Attributes
    ----------
    check : str
        What was checked, in a word or two.
    verdict : {"OK", "NOTE", "LEAK"}
        NOTE: good to know, and no figure of affuse suffers from it.
    statement : str
        What was found, in a sentence.
    details : tuple of str
        What else there is to say, a line each.
    rows : tuple of tuple of str
        Cells of a table, its headings first; empty where there is none.
    facts : mapping of str to object
        The same in numbers and names, ready for JSON.
    """

    check: str
    verdict: Verdict
    statement: str
    details: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that an audit found.

    Attributes
    ----------
    data : str
        Name of the corpus.
    n_clips, n_speakers, n_emotions : int
        That gave features.
    n_skipped : int
        Files and clips that were left out.
    findings : tuple of Finding
    """

    data: str
    n_clips: int
    n_speakers: int
    n_emotions: int
    n_skipped: int
    findings: tuple[Finding, ...]

    @property
    def leaks(self) -> tuple[str, ...]:
        """What leaks, by the names of the checks."""
        return tuple(f.check for f in self.findings if f.verdict == "LEAK")

    def as_json(self) -> dict[str, object]:
        """The findings as plain data, ready for JSON.

        Returns
        -------
        dict of str to object
        """
        return {
            "data": self.data,
            "n_clips": self.n_clips,
            "n_speakers": self.n_speakers,
            "n_emotions": self.n_emotions,
            "n_skipped": self.n_skipped,
            "leaks": list(self.leaks),
            "findings": [
                {
                    "check": finding.check,
                    "verdict": finding.verdict,
                    "statement": finding.statement,
                    "details": list(finding.details),
                    **finding.facts,
                }
                for finding in self.findings
            ],
        }
