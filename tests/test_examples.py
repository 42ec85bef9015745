"""The scripts of the gallery run, and print and draw what they promise.

All but one run one after the other in one process, as a builder of the gallery runs
them, since starting TensorFlow takes seconds. The one on a cluster starts processes
that import the script, and so has to be a script itself.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"

# What each of them prints at the end, with a number that must lie between two others;
# and how many figures it draws.
PROMISES = {
    "plot_tutorial": (r"The tutorial's network: ([\d.]+)%", (75, 92), 4),
    "plot_class_weight": (
        r"class_weight='balanced': (\d+)% of the eights",
        (20, 100),
        1,
    ),
    "plot_early_stopping": (r"Stopped after (\d+) of 100 epochs", (6, 99), 1),
    "plot_own_handwriting": (r"5-blue-ballpoint.jpg: (\d), with", (5, 5), 1),
    "plot_pipeline": (r"In a Pipeline: ([\d.]+)%", (88, 100), 2),
    "plot_saving": (
        r"same bits: True\n.*same labels: True\n.*within (.*)\n",
        (0, 1e-5),
        1,
    ),
    "plot_search": (r"On the test images: ([\d.]+)%", (88, 100), 2),
    "plot_streaming": (r"After 20,000 images: ([\d.]+)%", (80, 100), 1),
    "plot_weights": (r"64 hidden units: ([\d.]+)%", (90, 100), 2),
}
CLUSTER = "plot_cluster"

RUN_ALL = """
import contextlib, io, json, runpy, sys, traceback
import matplotlib.pyplot as plt

outcomes, paths = {}, sys.argv[1:]
for path in paths:
    sys.argv = [path]  # as it is for a script; one of them reads its arguments
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(path, run_name="__main__")
        except BaseException:
            error = traceback.format_exc()
    outcomes[path] = error, printed.getvalue(), len(plt.get_fignums())
    plt.close("all")
print(json.dumps(outcomes))
"""


def run(*arguments):
    process = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def outcomes():
    paths = [EXAMPLES / f"{name}.py" for name in PROMISES]
    by_path = json.loads(run("-c", RUN_ALL, *paths).splitlines()[-1])
    return {Path(path).stem: outcome for path, outcome in by_path.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISES)
def test_an_example_prints_and_draws_what_it_promises(name, outcomes):
    error, printed, n_figures = outcomes[name]
    pattern, (low, high), n_promised = PROMISES[name]
    assert not error, error
    found = re.search(pattern, printed)
    assert found, printed
    assert low <= float(found[1]) <= high
    assert n_figures == n_promised


@pytest.mark.slow
def test_the_search_on_a_cluster():
    printed = run(EXAMPLES / f"{CLUSTER}.py")
    score = float(re.search(r"The best, on the test images: ([\d.]+)%", printed)[1])
    assert score > 88


def test_each_example_is_tested():
    assert {path.stem for path in EXAMPLES.glob("plot_*.py")} == {*PROMISES, CLUSTER}
