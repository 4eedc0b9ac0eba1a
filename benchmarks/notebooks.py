"""The lecture's pages as notebooks where there is Python alone, as on a rented machine.

usage: python benchmarks/notebooks.py FOLDER [--wheel affuse.whl] [--pages 1 4 10]

FOLDER gets an environment with Jupyter's kernel and nothing else, and the notebooks that the site
offers (docs/lecture, once `scripts/docs` was run). The comment in their first cell that installs
affuse is taken away, as its text says, with the path of the wheel in it; so the first notebook
installs affuse with its extra ``train`` from within, and all draw or find their clips themselves.
Each is executed from top to bottom; one that fails is an error, and so is a warning on the way.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from packages import Unfit, build, run

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "docs/lecture"
KERNEL = ("ipykernel", "nbclient")
EXECUTE = """
import sys, time, nbformat
from nbclient import NotebookClient
source, executed = sys.argv[1:]
notebook, started = nbformat.read(source, 4), time.perf_counter()
NotebookClient(notebook, timeout=3600, kernel_name="python3").execute()
nbformat.write(notebook, executed)
print(round(time.perf_counter() - started))
"""


def main() -> None:
    """Make the environment, execute the notebooks, print what each took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--pages", type=int, nargs="*", default=list(range(1, 14)))
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    wheel = asked.wheel or build(Path(sys.executable), folder / "built").wheel
    python = kernel_alone(folder / "alone")
    for page in asked.pages:
        print(execute(python, notebook_of(page), wheel.resolve(), folder / "pages"), flush=True)


def kernel_alone(environment: Path) -> Path:
    """Interpreter of an environment that has Jupyter's kernel and no affuse."""
    if not (environment / "bin/python").exists():
        run(Path(sys.executable), "-m", "venv", environment)
        run(environment / "bin/python", "-m", "pip", "install", "-q", *KERNEL)
    return environment / "bin/python"


def notebook_of(page: int) -> Path:
    """The notebook that the site offers of a page."""
    found = sorted(NOTEBOOKS.glob(f"plot_{page:02d}_*.ipynb"))
    if len(found) != 1:
        raise Unfit(
            f"{NOTEBOOKS} has {len(found)} notebooks of page {page}; run scripts/docs first"
        )
    return found[0]


def execute(python: Path, notebook: Path, wheel: Path, folder: Path) -> str:
    """Name, seconds and number of cells of a notebook that ran from top to bottom."""
    folder.mkdir(parents=True, exist_ok=True)
    installing, executed = folder / notebook.name, folder / f"executed_{notebook.name}"
    text = notebook.read_text("utf-8")
    changed, n = re.subn(r'# %pip install -q \\"[^"]*\[train\]\\"', pip_line(wheel), text)
    if n != 1:
        raise Unfit(f"{notebook.name} has {n} comments that install affuse; expected one")
    installing.write_text(changed, "utf-8")
    # Notebooks of one folder share the clips that the first of them drew.
    environment = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(folder)}
    command = ("env", "-C", folder, python, "-c", EXECUTE, installing, executed)
    seconds = run(*command, environment=environment).split()[-1]
    cells = json.loads(executed.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    errors = [out for cell in code for out in cell["outputs"] if out.get("name") == "stderr"]
    if errors:
        text = "".join(errors[0]["text"])
        raise Unfit(f"{notebook.name} wrote to its error stream: {text[:300]}")
    return f"{seconds:>6} s  {notebook.name}: {len(code)} cells"


def pip_line(wheel: Path) -> str:
    """What installs a wheel in a cell of a notebook, as JSON has it."""
    return json.dumps(f'%pip install -q "{wheel}[train]"')[1:-1].replace("\\", "\\\\")


if __name__ == "__main__":
    main()
