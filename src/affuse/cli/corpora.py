"""What the commands about corpora do: list, split, synthesise, re-enact, fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from affuse.cli.outputs import check_folder, check_suffix
from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.cli.tables import listed, summary_text
from affuse.errors import ConfigError
from affuse.records import RAVDESS_EMOTIONS, Clip, Skipped
from affuse.storage.plain_text import counted
from affuse.storage.whole import write_text

if TYPE_CHECKING:
    from affuse.corpora.index import Index

SHOWN = 20


DEFAULT_SPEAKERS = "6"
N_ACTORS = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a synthesised corpus is to hold, as typed; an empty sequence means all."""

    speakers: str
    emotions: Sequence[str]
    channels: Sequence[str]
    n_takes: int
    seed: int
    difficulty: float


def words(text: str) -> list[str]:
    """Words of a comma-separated list.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
    """
    return [word.strip() for word in text.split(",") if word.strip()]


@dataclass(frozen=True, slots=True)
class Original:
    """The corpus to be re-enacted, as typed, with speakers and measured action units."""

    data: str
    corpus: str | None
    action_units: Path | None


def print_index(
    data: Sequence[str], corpus: str | None, out: Path | None, duplicates: bool
) -> None:
    """Print what `data` holds; optionally write it and look for identical samples.

    Parameters
    ----------
    data : sequence of str
        As they were typed.
    corpus : str or None
        Its name; as the files look by default.
    out : Path or None
        Receives a CSV.
    duplicates : bool
        Whether every clip is decoded.
    """
    from affuse.corpora.media_files import passed_over_text
    from affuse.corpora.registry import AUTO, read_all
    from affuse.features.stretches import within_files

    check_suffix(out, ".csv")
    check_folder(out)
    index = within_files(read_all(data, corpus or AUTO))
    say(summary_text(index.summary()))
    _print_corpora(index)
    for note in index.notes:
        say(note)
    _print_skipped(index.skipped)
    if index.passed_over:
        say(passed_over_text(index.passed_over))
    if duplicates:
        _print_duplicates(index)
    if out is not None:
        index.write_csv(out)
        say(f"written to {out}")


def _print_corpora(index: Index) -> None:
    """Print the corpora of the clips, with their numbers where there are several."""
    counts = Counter(clip.corpus for clip in index)
    shares = {corpus: _share(corpus, counts[corpus]) for corpus in index.corpora}
    if len(shares) > 1:
        say(f"corpora      {'   '.join(f'{corpus} {share}' for corpus, share in shares.items())}")
    elif index.corpora[0]:
        whole = shares[index.corpora[0]] == f"{len(index)}"
        share = "" if whole else f": {shares[index.corpora[0]]} clips"
        say(f"corpus       {index.corpora[0]}{share}")


def _share(corpus: str, n_clips: int) -> str:
    """How many clips of a corpus are here, and of how many, where it is known to have more."""
    from affuse.corpora.known import size_of

    n_whole = size_of(corpus).clips
    return f"{n_clips} of {n_whole}" if n_clips < n_whole else f"{n_clips}"


def _print_duplicates(index: Index) -> None:
    from affuse.media.fingerprint import clip_fingerprint

    unread: list[str] = []

    def fingerprint(clip: Clip) -> str | None:
        found = clip_fingerprint(clip)
        if found is None:
            unread.append(clip.id)
        return found

    lines = [" = ".join(group) for group in index.duplicates(fingerprint)]
    say(listed("identical samples under different names:", lines) or "no duplicates")
    if unread:
        say(listed("not compared, since nothing of them can be decoded:", unread, SHOWN))


def split_and_print(data: Sequence[str], corpus: str | None, out: Path) -> None:
    """Write the two folders and print what was left out.

    Parameters
    ----------
    data : sequence of str
        As they were typed.
    corpus : str or None
        Its name; as the files look by default.
    out : Path
        Receives both folders.
    """
    from affuse.corpora.known import part_name
    from affuse.corpora.registry import AUTO, read_all
    from affuse.features.stretches import within_files
    from affuse.media.split import split

    index = within_files(read_all(data, corpus or AUTO))
    with progress_bars(Console(stderr=True)) as progress:
        skipped = split(index.clips, out, named=part_name, progress=progress)
    for note in index.notes:
        say(note)
    _print_skipped((*index.skipped, *skipped))
    n_whole = len(index) - len(skipped)
    clips = counted(len(index), "clip")
    there = clips if not skipped else f"{n_whole} of {clips} whole"
    say(f"{there} split into {out / 'audio_only'} and {out / 'video_only'}")


def synthesise_and_print(out: Path, wanted: Wanted, jobs: int | None) -> None:
    """Make the embedded corpus.

    Parameters
    ----------
    out : Path
        Receives the clips.
    wanted : Wanted
        What of it.
    jobs : int or None
        Processes; one per core where it is not given.
    """
    from affuse.synthetic.corpus import synthesise

    number = wanted.speakers or DEFAULT_SPEAKERS
    if not number.isdecimal():
        raise ConfigError(f"--speakers {number!r} was given; expected a number, such as 6")
    with progress_bars(Console(stderr=True)) as progress:
        paths = synthesise(
            out,
            speakers=int(number),
            emotions=wanted.emotions or RAVDESS_EMOTIONS,
            channels=wanted.channels,
            takes=wanted.n_takes,
            seed=wanted.seed,
            difficulty=wanted.difficulty,
            jobs=jobs,
            progress=progress,
        )
    say(f"{counted(len(paths), 'clip')} of drawn faces and synthesised voices in {out}")
    data = out if int(number) <= N_ACTORS else _write_table(paths, out / "clips.csv")
    say(f"A stand-in, not a benchmark. Next: affuse run {data}")


def _write_table(paths: Sequence[Path], target: Path) -> Path:
    """Write a table of a synthesised corpus that has more speakers than RAVDESS has names for."""
    lines = ["path,emotion,speaker"]
    for path in paths:
        fields = path.stem.split("-")
        emotion = RAVDESS_EMOTIONS[int(fields[2]) - 1]
        lines.append(f"{path.relative_to(target.parent).as_posix()},{emotion},{int(fields[6])}")
    write_text(target, "\n".join(lines) + "\n")
    return target


def reenact_and_print(out: Path, original: Original, wanted: Wanted, jobs: int | None) -> None:
    """Re-enact a real corpus.

    Parameters
    ----------
    out : Path
        Receives the clips.
    original : Original
    wanted : Wanted
        What of it.
    jobs : int or None
        Processes; one per core where it is not given.
    """
    from affuse.config.lists import parse_numbers
    from affuse.corpora.registry import AUTO, read
    from affuse.synthetic.reenact import reenact

    if wanted.difficulty:
        raise ConfigError(
            f"--difficulty {wanted.difficulty} was given with --like; expected it without, as a "
            "re-enactment shows what real people did: leave one of the two out"
        )
    if not original.data or original.action_units is None:
        raise ConfigError(
            "re-enacting needs both --like CORPUS and --action-units FILE.csv; give the other one"
        )
    speakers = parse_numbers(wanted.speakers) if wanted.speakers else ()
    index = read(original.data, original.corpus or AUTO).filter(
        speakers=speakers, emotions=wanted.emotions, where={"channel": wanted.channels}
    )
    with progress_bars(Console(stderr=True)) as progress:
        made = reenact(
            index,
            original.action_units,
            out,
            takes=wanted.n_takes,
            seed=wanted.seed,
            jobs=jobs,
            progress=progress,
        )
    _print_skipped((*index.skipped, *made.skipped))
    say(f"{counted(len(made.paths), 'clip')} of real voices and drawn faces in {out}")


def download_and_print(out: Path, actors: str, parts: str, modalities: str) -> None:
    """Fetch the archives that hold what was asked for.

    Parameters
    ----------
    out : Path
        Receives the clips.
    actors : str
        Numbers such as ``1-4,7``; all for none.
    parts : str
        Words between commas.
    modalities : str
        Words between commas.
    """
    from affuse.config.lists import parse_numbers
    from affuse.corpora.download import download_ravdess

    with progress_bars(Console(stderr=True)) as progress:
        fetched = download_ravdess(
            out,
            actors=parse_numbers(actors) if actors else None,
            parts=words(parts),
            modalities=words(modalities),
            progress=progress,
        )
    say(f"{counted(fetched.n_files, 'file')} in {fetched.folder}; next: affuse run {out}")


def download_corpus_and_print(name: str, out: Path) -> None:
    """Fetch a corpus from the open archive that its reader names.

    Parameters
    ----------
    name : str
        Of a reader.
    out : Path
        Receives the clips.
    """
    from affuse.corpora.download_open import download_corpus

    with progress_bars(Console(stderr=True)) as progress:
        fetched = download_corpus(name, out, progress=progress)
    say(f"{counted(fetched.n_files, 'file')} in {fetched.folder}; next: affuse run {out}")


def _print_skipped(skipped: Sequence[Skipped]) -> None:
    text = listed("left out:", (f"{item.name}: {item.reason}" for item in skipped), SHOWN)
    if text:
        say(text)
