"""The whole flow of a run: plan -> features -> systems -> evaluation -> result -> folder."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.config import Config
from affuse.experiment.evaluation import evaluate
from affuse.experiment.features import context_of, features_of
from affuse.experiment.plan import plan_of
from affuse.experiment.rows import learners
from affuse.experiment.run_folder import claimed_out, write_run
from affuse.features.context import RunContext
from affuse.records import ProgressCallback
from affuse.report.document import write_report
from affuse.report.page import check_report
from affuse.result import Result
from affuse.robustness.degraded_tables import Recordings

if TYPE_CHECKING:
    from affuse.bundle.from_run import RunBundle
    from affuse.workers.protocol import Workers


def run(
    config: Config,
    *,
    workers: Workers | None = None,
    progress: ProgressCallback | None = None,
) -> Result:
    """Train and evaluate every system of a configuration.

    Parameters
    ----------
    config : Config
        ``data.path`` says where the clips are; ``out``, where set, receives the run folder.
    workers : Workers, optional
        Who computes features and folds, in the place of ``config.jobs`` processes. More than one
        needs a script to guard its main part with ``if __name__ == "__main__"``.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    Result

    Raises
    ------
    AffuseError
        Whatever makes the run impossible. Single bad clips do not: they are in
        ``Result.skipped``.

    Examples
    --------
    >>> result = run(load_config("quick", overrides={"data.path": "ravdess"}))  # doctest: +SKIP
    >>> result.results[["system", "uar", "uar_low", "uar_high"]]  # doctest: +SKIP
    """
    context = context_of(config, workers, progress)
    if not config.out:
        return _result(config, context)[0]
    check_report()
    with claimed_out(config):
        result, clean = _result(config, context)
        made = _bundle(result, clean, context)
        result = replace(result, notes=(*result.notes, *made.notes))
        report = partial(write_report, place=config.out)
        write_run(result, Path(config.out), made.bundle, finish=report)
    return result


def _result(config: Config, context: RunContext) -> tuple[Result, Recordings]:
    """The result of a run, and the recordings that it came from."""
    plan = plan_of(config)
    features = features_of(plan, context)
    return evaluate(plan, features, context), features.clean


def _bundle(result: Result, clean: Recordings, context: RunContext) -> RunBundle:
    """A bundle of the best system, if the configuration asks for it."""
    from affuse.bundle.from_run import RunBundle, bundle_of

    if not result.config.bundle.enabled:
        return RunBundle(None)
    context.progress("bundle", 0, 1)
    made = bundle_of(result, clean.sources, learners(result.config, clean.sources))
    context.progress("bundle", 1, 1)
    return made
