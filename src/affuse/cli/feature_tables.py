"""Tables of features given to `affuse predict` beside recordings."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.errors import ConfigError
from affuse.records import MODALITIES, Modality


def tables_named(given: Sequence[str]) -> dict[Modality, str | None]:
    """The tables named by ``--features``, by modality; None for ``none``.

    Parameters
    ----------
    given : sequence of str

    Returns
    -------
    dict of modality to str or None

    Raises
    ------
    ConfigError
        Neither MODALITY=FILE.csv nor MODALITY=none, or a modality twice.
    """
    tables: dict[Modality, str | None] = {}
    named: dict[str, Modality] = {modality: modality for modality in MODALITIES}
    for item in given:
        word, _, name = item.partition("=")
        if word not in named or not (name == "none" or name.lower().endswith(".csv")):
            raise ConfigError(
                f"--features {item!r} was given; expected MODALITY=FILE.csv or MODALITY=none, "
                f"where MODALITY is one of {', '.join(MODALITIES)}"
            )
        if named[word] in tables:
            raise ConfigError(f"--features {word}= was given twice; expected one table of each")
        tables[named[word]] = None if name == "none" else name
    return tables
