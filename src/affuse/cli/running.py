"""What the commands that train and evaluate do: configure, run, print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from rich.console import Console

from affuse.cli.by_corpus import by_corpus_text
from affuse.cli.by_group import by_group_text
from affuse.cli.curves import robustness_text
from affuse.cli.importance import importance_text
from affuse.cli.occlusion import occlusion_text
from affuse.cli.progress import progress_bars
from affuse.cli.saying import say
from affuse.cli.sets import sets_text
from affuse.cli.tables import listed, result_text, short_text
from affuse.cli.working import Work
from affuse.config import Config, load_config
from affuse.corpora.media_files import passed_over_text
from affuse.corpora.registry import existing_place
from affuse.errors import ConfigError
from affuse.records import MODALITIES, Skipped
from affuse.storage.locks import is_claimed
from affuse.storage.plain_text import counted
from affuse.storage.remote import url_of
from affuse.storage.run_files import REPORT, RESULTS

if TYPE_CHECKING:
    from affuse.result import Result

DEMO_SPEAKERS = 6
DEMO_EMOTIONS = ("calm", "happy", "sad", "angry")
DEMO_TAKES = 2
SHOWN = 5
_DEVICES = (
    "features.vgg_face.device",
    "features.settings.onnx.device",
    "features.settings.hf.device",
)
"""Settings that ``--device`` stands for."""


@dataclass(frozen=True, slots=True)
class TypedRun:
    """What was typed after a command that reads data; None stands for what was left out."""

    data: Sequence[str]
    recipe: str
    settings: Sequence[str] | None = None
    features: Sequence[str] | None = None
    corpus: str | None = None
    jobs: int | None = None
    device: str | None = None
    folds: str | None = None
    by: Sequence[str] | None = None
    coverage: float | None = None
    budget: str | None = None
    importance: bool = False
    occlusion: int | None = None


def configure(typed: TypedRun) -> Config:
    """Configuration from what was typed.

    Parameters
    ----------
    typed : TypedRun

    Returns
    -------
    Config
    """
    overrides = {
        "data.path": list(typed.data),
        "data.corpus": typed.corpus and _reader(typed.corpus),
        "jobs": typed.jobs,
        **dict.fromkeys(_DEVICES, typed.device),
        **_folds(typed.folds),
        "evaluation.coverage": typed.coverage,
        "search.budget": typed.budget,
        "evaluation.importance": typed.importance or None,
        "evaluation.occlusion": typed.occlusion,
        "evaluation.by": typed.by or None,
        **_features(typed.features or ()),
    }
    given = {key: value for key, value in overrides.items() if value is not None}
    _refuse_twice(typed)
    return load_config(typed.recipe, typed.settings or (), given)


def refuse_missing_data(config: Config) -> None:
    """Refuse a local path with nothing at it before what reads and computes is imported.

    Parameters
    ----------
    config : Config

    Raises
    ------
    DatasetError
        Names the path.
    """
    for path in config.data.paths:
        if url_of(path) is None:
            existing_place(path)


def _reader(corpus: str) -> str:
    """Name of the reader, also where the title of its corpus was typed."""
    from affuse.corpora.known import reader_name
    from affuse.corpora.registry import AUTO

    return corpus if corpus == AUTO else reader_name(corpus)


def _refuse_twice(typed: TypedRun) -> None:
    """Refuse a setting that has an option or argument of its own, where both are given."""
    set_here = {setting.partition("=")[0].strip() for setting in typed.settings or ()}
    if "data.path" in set_here:
        raise ConfigError(
            f"--set data.path was given beside {' '.join(typed.data)!r}; expected one place: leave "
            "out --set data.path"
        )
    beside = {
        **dict.fromkeys(("folds.file", "folds.published"), (typed.folds, f"--folds {typed.folds}")),
        **dict.fromkeys(_DEVICES, (typed.device, f"--device {typed.device}")),
        **{
            setting: (name, f"--features {setting.removeprefix('features.')}={name}")
            for setting, name in _features(typed.features or ()).items()
        },
        "jobs": (typed.jobs, f"--jobs {typed.jobs}"),
        "data.corpus": (typed.corpus, f"--corpus {typed.corpus}"),
        "search.budget": (typed.budget, f"--budget {typed.budget}"),
        "evaluation.coverage": (typed.coverage, f"--coverage {typed.coverage}"),
        "evaluation.importance": (typed.importance or None, "--importance"),
        "evaluation.occlusion": (typed.occlusion, f"--occlusion {typed.occlusion}"),
        "evaluation.by": (typed.by or None, f"--by {' '.join(typed.by or ())}"),
    }
    for setting, (given, option) in beside.items():
        if given is not None and setting in set_here:
            raise ConfigError(f"--set {setting} was given beside {option}; expected one of them")


def _folds(given: str | None) -> dict[str, str]:
    """The setting that ``--folds`` stands for: a file if it has a suffix, else a named set."""
    if given is None:
        return {}
    is_file = Path(given).suffix.lower() == ".csv"
    return {"folds.file" if is_file else "folds.published": given}


def _features(given: Sequence[str]) -> dict[str, str]:
    """Setting -> extractor or table, of each modality that was named."""
    chosen = {}
    for item in given:
        modality, equals, name = item.partition("=")
        if modality not in MODALITIES or not equals or not name:
            raise ConfigError(
                f"--features {item!r} was given; expected MODALITY=NAME or MODALITY=FILE.csv, "
                f"where MODALITY is one of {', '.join(MODALITIES)}"
            )
        chosen[f"features.{modality}"] = name
    return chosen


def run_and_print(config: Config, out: Path | None, work: Work) -> None:
    """Run, print the table, and say what to open and what to do next.

    Parameters
    ----------
    config : Config
    out : Path or None
        The run folder.
    work : Work
    """
    folder = out or Path(config.out or free_folder(_run_folder(config)))
    result = _run(config, folder, work, result_text)
    if each := by_corpus_text(result):
        say(f"\n{each}")
    if sets := sets_text(result):
        say(f"\n{sets}")
    if each := by_group_text(result):
        say(f"\n{each}")
    if each := importance_text(result):
        say(f"\n{each}")
    if each := occlusion_text(result):
        say(f"\n{each}")
    if result.curves:
        say(f"\n{robustness_text(result)}")
    say(_left_out(result))
    say(f"Written to {folder}.\n{_to_open(folder)}\n{_next(result, folder)}")


def _run(config: Config, folder: Path, work: Work, text: Callable[[Result], str]) -> Result:
    """Run and print the results; first of all that people are drawn, where they are."""
    refuse_missing_data(config)
    from affuse.experiment import run

    config = config.model_copy(update={"out": str(folder)})
    with work.begun() as workers, progress_bars(Console(stderr=True)) as progress:
        result = run(config, workers=workers, progress=progress)
    if result.drawn:
        say(result.drawn)
    shown = " + ".join(Path(path).name or path for path in config.data.paths)
    say(f"{config.recipe} recipe on {shown}")
    say(text(result))
    return result


def run_demo(folder: Path, jobs: int | None) -> None:
    """Make the embedded corpus where it is missing, then run the demo recipe on it.

    Parameters
    ----------
    folder : Path
        Receives corpus and run.
    jobs : int or None
        Processes; one per core where it is not given.
    """
    from affuse.synthetic.corpus import synthesise

    corpus = folder / "corpus"
    with progress_bars(Console(stderr=True)) as progress:
        synthesise(
            corpus,
            speakers=DEMO_SPEAKERS,
            emotions=DEMO_EMOTIONS,
            takes=DEMO_TAKES,
            jobs=jobs,
            progress=progress,
        )
    config = configure(TypedRun([str(corpus)], "demo", jobs=jobs))
    run = free_folder(folder / "run")
    result = _run(config, run, Work(jobs), short_text)
    say(
        f"{_left_out(result)}\nWritten to {run}.\n{_to_open(run)}\n"
        f"All {len(result.evaluated)} rows stand there and in {run / RESULTS}.\n"
        "Next: affuse predict my.mp4 for a recording of your own; affuse run DATA for labelled "
        "clips of\nyour own: a folder of a corpus, or a CSV with path,emotion,speaker."
    )


def extract_and_print(config: Config, work: Work) -> None:
    """Extract and store all features, and print what there is now.

    Parameters
    ----------
    config : Config
    work : Work
    """
    refuse_missing_data(config)
    from affuse.experiment import extract_configured

    with work.begun() as workers, progress_bars(Console(stderr=True)) as progress:
        extraction, sources = extract_configured(config, workers=workers, progress=progress)
    for modality, source in sources.items():
        present = extraction.table.present.get(modality)
        n_clips = 0 if present is None else int(present.sum())
        shape = " x ".join(str(n) for n in source.shape)
        say(f"{modality:<6} {source.label:<24} {shape:<20} {counted(n_clips, 'clip')}")
    skipped_text = _skipped_text(extraction.skipped)
    say(f"{skipped_text}\n\nStored for later runs." if skipped_text else "\nStored for later runs.")
    say(f"Next: affuse run {' '.join(map(quote, config.data.paths))} with the same options.")


def _skipped_text(skipped: Sequence[Skipped]) -> str:
    reasons = (f"{item.name}: {item.reason}" for item in skipped)
    return listed(f"{len(skipped)} left out:", reasons, SHOWN)


def _left_out(result: Result) -> str:
    """Clips that were left out and files passed over; an empty line where there are none."""
    parts = (_skipped_text(result.skipped), passed_over_text(result.passed_over))
    text = "\n".join(part for part in parts if part)
    return f"{text}\n" if text else ""


def _to_open(folder: Path) -> str:
    return f"Open {folder / REPORT} in a browser: it needs no network."


def _next(result: Result, folder: Path) -> str:
    """What to do next with a run, in one line."""
    if (folder / "bundle").is_dir() and not result.drawn:
        predict = f"Next: affuse predict my.mp4 --bundle {quote(str(folder / 'bundle'))}"
        return f"{predict}{_tables(folder / 'bundle')}"
    data = " ".join(map(quote, result.config.data.paths))
    return f"Next: affuse audit {data} says what would leak."


def _tables(bundle: Path) -> str:
    """Options for the tables of features without which a bundle does not predict."""
    from affuse.bundle.reader import read_bundle
    from affuse.bundle.tables import tables_of

    wanted = sorted(tables_of(read_bundle(bundle).manifest))
    return "".join(f" --features {modality}=FILE.csv" for modality in wanted)


def _run_folder(config: Config) -> Path:
    return Path("runs") / f"{date.today().isoformat()}-{config.data.stem}"


def free_folder(folder: Path) -> Path:
    """The folder itself, or the first of name-2, name-3 ... that is nobody's.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Path
    """
    candidate, number = folder, 1
    while candidate.exists() or is_claimed(candidate):
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
