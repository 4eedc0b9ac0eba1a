"""What a bundle may be used for, as far as its training corpora decide it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from affuse.bundle.manifest import TrainedOn
from affuse.corpora.drawn import EMBEDDED
from affuse.corpora.known import commercial_use_of, terms_of

_DRAWN = "Trained on drawn faces and computed voices: as affuse itself (MIT)."


def licence_of(trained_on: Sequence[TrainedOn]) -> str:
    """Licence that training on these corpora entails, where affuse knows it.

    Parameters
    ----------
    trained_on : sequence of TrainedOn

    Returns
    -------
    str
        In words, for the model card.

    Examples
    --------
    >>> licence_of([TrainedOn(corpus="mine", n_clips=3)])
    'Not stated: whatever the recordings of mine allow.'
    """
    terms = {p.corpus: _DRAWN if p.corpus == EMBEDDED else terms_of(p.corpus) for p in trained_on}
    known = [terms[part.corpus] for part in trained_on if terms[part.corpus]]
    others = [part.corpus for part in trained_on if not terms[part.corpus]]
    if others:
        known.append(f"Not stated: whatever the recordings of {' and '.join(others)} allow.")
    return " ".join(known)


def permitted_use(trained_on: Sequence[TrainedOn], licence: str) -> str:
    """For what a bundle may be used, in sentences for its card.

    Parameters
    ----------
    trained_on : sequence of TrainedOn
    licence : str
        As the manifest has it. Where it is not that of the corpora, it alone is referred to.

    Returns
    -------
    str

    Examples
    --------
    >>> met = [TrainedOn(corpus="RAVDESS", n_clips=1)]
    >>> "Not commercially: RAVDESS does not allow it." in permitted_use(met, licence_of(met))
    True
    """
    return " ".join([_AIMS, *_commercial(trained_on, licence), _PEOPLE, LAW])


_AIMS = (
    "To teach, for research, and as a starting point for your own recordings, on which it must be "
    "tested first."
)
_PEOPLE = "Not to judge people: not in hiring, schooling, health, policing or law."
REGULATION = "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"
LAW = (
    "At work and in education the European Union forbids recognising emotions, and elsewhere "
    f"people must be informed: [Regulation (EU) 2024/1689]({REGULATION}), articles 5(1)(f) and "
    "50(3). What else to think of before it is used on people stands in affuse's documentation "
    'under "Consent and law" (docs/consent-and-law.md).'
)
"""What every card says of consent and law, in Markdown."""


def _commercial(trained_on: Sequence[TrainedOn], licence: str) -> Iterator[str]:
    if licence != licence_of(trained_on):
        yield "Whether commercially, its licence says (below)."
        return
    use = {p.corpus: p.corpus == EMBEDDED or commercial_use_of(p.corpus) for p in trained_on}
    refusing = [corpus for corpus, allowed in use.items() if allowed is False]
    unknown = [corpus for corpus, allowed in use.items() if allowed is None]
    if refusing:
        verb = "does" if len(refusing) == 1 else "do"
        yield f"Not commercially: {' and '.join(refusing)} {verb} not allow it."
    elif unknown:
        yield f"Whether commercially, is not known of {' and '.join(unknown)}."
    else:
        whose = " and ".join(use)
        yield f"Commercially too: the terms of {whose} allow it (see the licence below)."
