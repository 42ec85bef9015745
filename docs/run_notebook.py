"""Run the notebook anew, and keep what it puts out: ``python docs/run_notebook.py``."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

PATH = Path(__file__).parent.parent / "examples" / "mnist_analysis.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"


def main() -> None:
    """Run it."""
    notebook = nbformat.read(PATH, as_version=4)
    NotebookClient(
        notebook, kernel_name="python3", record_timing=False, coalesce_streams=True
    ).execute()

    # A progress bar that has gone would be read as the text "Output()".
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                output
                for output in cell.outputs
                if WIDGET not in output.get("data", {})
            ]

    nbformat.write(notebook, PATH)


if __name__ == "__main__":
    main()
