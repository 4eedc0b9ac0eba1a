"""TransferMatrix -> folder: the matrix as CSV, JSON and report, and what reproduces it."""

from __future__ import annotations

import json
from pathlib import Path

from affuse.config import Config
from affuse.errors import OutputError
from affuse.evaluation.transfer_matrix import TransferMatrix
from affuse.experiment.run_folder import check_out, environment, final_place, harmless
from affuse.report.page import write_page
from affuse.report.transfer_report import transfer_html
from affuse.storage.run_files import CONFIG, ENVIRONMENT, REPORT, TRANSFER, TRANSFER_JSON
from affuse.storage.whole import replacing_folder


def write_transfer(found: TransferMatrix, config: Config, folder: Path) -> None:
    """Write the folder of a transfer matrix, whole or not at all.

    Parameters
    ----------
    found : TransferMatrix
    config : Config
        By which it was found.
    folder : Path
        Must not exist, or be empty.

    Raises
    ------
    OutputError
        The folder is in use or cannot be written.
    """
    check_out(folder, config)
    try:
        with replacing_folder(final_place(folder), "run") as whole:
            (whole / CONFIG).write_text(config.to_toml(), "utf-8")
            (whole / ENVIRONMENT).write_text(json.dumps(environment(), indent=2), "utf-8")
            (whole / TRANSFER_JSON).write_text(json.dumps(found.as_json(), indent=2), "utf-8")
            harmless(found.table).to_csv(whole / TRANSFER, index=False, float_format="%.6g")
            write_page(transfer_html(found, config), whole / REPORT)
    except OSError as error:
        raise OutputError(
            f"--out {folder} cannot be written ({error.strerror or error}); expected a folder that "
            "you may write to, with enough space: mend that and run again (finished fits are kept)"
        ) from error
