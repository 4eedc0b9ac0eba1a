"""Charts of what systems take for what."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from affuse.report.decision_charts import confusion_charts


@pytest.mark.filterwarnings("error::UserWarning")
def test_a_matrix_has_room_for_long_names(small_run, monkeypatch):
    """As much beside the names as with short ones; Matplotlib warns where nothing is left."""
    widths = []
    for names in (("angry", "calm", "sad"), ("angry" + 300 * "x", "calm", "sad")):
        shares = pd.DataFrame([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], names, names)
        monkeypatch.setattr(
            "affuse.report.decision_charts.confusions", lambda _, shares=shares: {"audio": shares}
        )
        (chart,) = confusion_charts(small_run)
        widths.append(float(re.search(r'viewBox="0 0 ([\d.]+)', chart.svg)[1]))
    assert widths[1] > widths[0] + 150
