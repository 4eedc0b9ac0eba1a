"""What checkpoints were trained on, by the register `provenance.toml` beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from affuse.storage.plain_text import first_few

_SHOWN = 6
UNKNOWN = "training data unknown"
"""What a label says of an encoder whose training data are not known."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of the training of a network.

    Attributes
    ----------
    trained_on : tuple of str or None
        Corpora, with labels or without; None: unknown.
    licence : str
        Empty where it is not known.
    source : str
        Where that is written.
    """

    trained_on: tuple[str, ...] | None = None
    licence: str = ""
    source: str = ""

    def notes(self, label: str) -> tuple[str, ...]:
        """Sentences on it for readers of results.

        Parameters
        ----------
        label : str
            What results call the network.

        Returns
        -------
        tuple of str
        """
        if self.trained_on is None:
            source = f" ({self.source})" if self.source else ": state it with trained_on"
            known = f"{label} may have met the test clips: its training data are unknown{source}."
        else:
            source = f" ({self.source})" if self.source else ""
            met = first_few(self.trained_on, _SHOWN) or "no recording of a corpus"
            known = f"{label} was trained on {met}{source}."
        non_commercial = f"The licence of {label} is {self.licence}: not for commercial use."
        return (known, *([non_commercial] if "-nc" in self.licence else []))


def origin_of(name: str, stated: Sequence[str] | None = None, licence: str = "") -> Origin:
    """What is stated of a checkpoint, or what the register has of it.

    Parameters
    ----------
    name : str
        Of the checkpoint, as it is published: ``microsoft/wavlm-base-plus``.
    stated : sequence of str, optional
        Corpora by the user's own word, which goes before the register's.
    licence : str
        As published, where the register has none.

    Returns
    -------
    Origin

    Examples
    --------
    >>> origin_of("facebook/wav2vec2-base").trained_on
    ('LibriSpeech',)
    >>> origin_of("me/mine").trained_on is None
    True
    """
    known = register().get(name.casefold(), Origin())
    if stated is not None:
        return Origin(tuple(stated), known.licence or licence, "stated in the settings")
    return Origin(known.trained_on, known.licence or licence, known.source)


@lru_cache(maxsize=1)
def register() -> dict[str, Origin]:
    """The register: names of checkpoints in lower case -> what is known of them.

    Returns
    -------
    dict of str to Origin
    """
    text = (resources.files("affuse.extractors.encoders") / "provenance.toml").read_text("utf-8")
    return {
        entry["name"].casefold(): Origin(
            tuple(entry["trained_on"]) if "trained_on" in entry else None,
            entry["licence"],
            entry["source"],
        )
        for entry in tomllib.loads(text)["checkpoint"]
    }
