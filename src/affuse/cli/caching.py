"""What `affuse cache` and `affuse cache prune` print."""

from __future__ import annotations

from affuse.cli.saying import say
from affuse.errors import ConfigError
from affuse.storage.cache import Part, cache_folder, cache_parts, prune


def print_cache() -> None:
    """Where the cache is, and what each part of it takes."""
    say(cache_folder())
    for part in cache_parts():
        say(f"  {part.name:<10}{_amount(part)}, oldest {part.oldest_days:.0f} days")


def prune_and_print(older_than: float, *, fetched: bool) -> None:
    """Remove what is older than a number of days, and print how much that was.

    Parameters
    ----------
    older_than : float
        Days.
    fetched : bool
        Whether fetched networks go as well.
    """
    # Not a number is neither: compared with it, no file counts as younger.
    if not older_than >= 0:
        raise ConfigError(
            f"--older-than {older_than:g} was given; expected days, 0 or more: 0 removes all"
        )
    say(f"Removed {_amount(prune(older_than, fetched=fetched))}.")


def _amount(part: Part) -> str:
    files = "file" if part.n_files == 1 else "files"
    return f"{part.n_files:,} {files}, {part.n_bytes / 1e6:,.1f} MB"
