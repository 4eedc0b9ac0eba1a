"""The matrix of docs/transfer.md: each corpus on each other, as Markdown.

usage: python benchmarks/transfer.py [--set KEY=VALUE ...] DATA DATA [DATA ...]

The same as ``affuse transfer DATA DATA ... --jobs 1``, printed as the tables of the page: UAR with
its interval, and what is lost against speakers of the tested corpus itself. With
``--set features.normalise=corpus`` the second matrix there.
"""

from __future__ import annotations

import argparse

from affuse import load_config, transfer
from affuse.evaluation.transfer_matrix import TransferMatrix
from affuse.tasks.figures import points


def main(data: list[str], settings: list[str]) -> None:
    """Print both tables and the sentences."""
    found = transfer(load_config("transfer", settings, {"data.path": data, "jobs": 1}))
    for system in found.systems:
        print("\n".join(matrix_lines(found, system)), end="\n\n")
        print("\n".join(lost_lines(found, system)), end="\n\n")
    print("\n".join(found.reading()))


def matrix_lines(found: TransferMatrix, system: str) -> list[str]:
    """UAR in %, interval, and number of emotions; the corpus itself in bold."""
    cells, tested = found.matrix(system), [size.corpus for size in found.corpora]
    lines = [f"| trained on | {' | '.join(tested)} |", f"|---|{'---|' * len(tested)}"]
    for source in found.sources:
        row = []
        for target in tested:
            cell = cells.get((source, target))
            if cell is None:
                row.append("")
                continue
            figure = points(cell.uar)
            figure = f"**{figure}**" if source == target else figure
            interval = f"[{100 * cell.uar_low:.0f}, {100 * cell.uar_high:.0f}]"
            row.append(f"{figure} {interval} /{len(cell.emotions)}")
        lines.append(f"| {source} | {' | '.join(row)} |")
    return lines


def lost_lines(found: TransferMatrix, system: str) -> list[str]:
    """What is lost on average on the way to each corpus, and by training on all others."""
    cells = found.matrix(system).values()
    lines = ["| tested on | own, mean | from one other, mean | lost |", "|---|---|---|---|"]
    for size in found.corpora:
        to = [c for c in cells if c.tested_on == size.corpus and c.protocol == "cross-corpus"]
        own, uar, lost = (
            sum(getattr(c, n) for c in to) / len(to) for n in ("within", "uar", "lost")
        )
        lines.append(f"| {size.corpus} | {points(own)} | {points(uar)} | {points(lost)} |")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", metavar="DATA")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    given = parser.parse_args()
    main(given.data, given.settings)
