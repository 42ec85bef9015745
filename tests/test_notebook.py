"""The notebook of an analysis runs from top to bottom, and is kept with its outputs."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PATH = Path(__file__).parent.parent / "examples" / "mnist_analysis.ipynb"


def text_of(notebook):
    """All that its cells print, and the texts of what they return."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(
        o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs
    )


def n_figures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def accuracy_in(text):
    return float(re.search(r"on the test images: ([\d.]+)%", text)[1])


@pytest.fixture(scope="module")
def kept():
    return nbformat.read(PATH, as_version=4)


@pytest.mark.slow
def test_the_notebook_runs_in_a_kernel(kept):
    notebook = nbformat.read(PATH, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()

    ran = text_of(notebook)
    # As text, which stays in the file: a line of rich's would be a block of its own.
    streams = [
        o for cell in notebook.cells for o in cell.get("outputs", []) if "name" in o
    ]
    assert any("Epoch  1/15" in stream["text"] for stream in streams)
    assert "oneDNN" not in ran  # part of TensorFlow's first message
    assert n_figures(notebook) == n_figures(kept) == 6
    assert "Epoch 15/15" in ran
    assert accuracy_in(ran) > 90
    # The loaded network predicts what the saved one did.
    assert ran.rstrip().endswith("True")


def test_the_kept_outputs_are_those_of_a_reader(kept):
    code = [cell for cell in kept.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert accuracy_in(text_of(kept)) > 90


@pytest.mark.parametrize(
    "noise",
    [
        *("/tmp/", "/home/", "/root/", "/Users/"),
        *("oneDNN", "Traceback", '"stderr"', "widget"),
    ],
)
def test_the_kept_outputs_hold_no_noise(noise):
    assert noise not in PATH.read_text(encoding="utf-8")
