"""Measure skmnist beside its peers; write tables and the bar chart of the pages.

    python examples/benchmarks/run.py                  all, in three quarters of an hour
    python examples/benchmarks/run.py --only memory    one section; the others stay
    python examples/benchmarks/run.py --only           draw what was measured

``SKMNIST_DATA`` names the file of all of MNIST. Contenders take turns, so that a
machine that is slow for a while slows all of them down, and each figure is a median;
accuracies show that they learn the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import matplotlib.pyplot as plt
import numpy as np
from contenders import NAMES, make
from data import load
from pages import as_table
from search import BACKENDS
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
RESULTS = HERE / "results.json"
FAST = NAMES[:2]

# Each row of a table: what, by whom, the way, seconds or megabytes, and the accuracy.
Rows = list[list[Any]]


def in_turn(actions: dict[Any, Callable[[], Any]], rounds: int) -> dict[Any, float]:
    """Time each action in every round; return the medians in seconds."""
    seconds: dict[Any, list[float]] = {key: [] for key in actions}
    for _ in range(rounds):
        for key, action in actions.items():
            start = time.perf_counter()
            action()
            seconds[key].append(time.perf_counter() - start)
    return {key: statistics.median(values) for key, values in seconds.items()}


def fresh_python(*arguments: Any) -> str:
    """Run a script, or code after "-c", in a fresh process; return what it prints."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.strip()


def measure_searches(rounds: int) -> Rows:
    """Whole scripts, from the start of Python to the best parameters."""
    rows: Rows = []
    for label, source, epochs in (
        ("load_digits, 20 epochs", "digits", 20),
        ("the sample of MNIST, 20 epochs", "sample", 20),
        ("all of MNIST, 5 epochs", "mnist", 5),
    ):
        pairs = [("skmnist", way) for way in BACKENDS] + [
            ("MLPClassifier", "two processes")
        ]
        # Python runs the loops of the others one at a time: they gain nothing from
        # threads, and with all of MNIST two processes are the faster way.
        if source == "mnist":
            pairs.append(("KerasClassifier", "two processes"))
        else:
            pairs.append(("MLPClassifier", "one job"))
        accuracies: dict[tuple[str, str], str] = {}
        actions = {
            pair: partial(_search, accuracies, pair, source=source, epochs=epochs)
            for pair in pairs
        }
        fast = {pair: action for pair, action in actions.items() if pair[0] in FAST}
        slow = {pair: action for pair, action in actions.items() if pair[0] not in FAST}
        # Once is enough where the difference is so large.
        seconds = in_turn(fast, rounds) | in_turn(slow, 1)
        rows += [
            [label, *pair, f"{value:.1f}", accuracies[pair]]
            for pair, value in seconds.items()
        ]
    return rows


def _search(
    accuracies: dict[tuple[str, str], str],
    pair: tuple[str, str],
    *,
    source: str,
    epochs: int,
) -> None:
    name, way = pair
    accuracies[pair] = fresh_python(HERE / "search.py", name, source, epochs, way)


def measure_files(rounds: int) -> Rows:
    """Whole scripts that load a saved Pipeline and predict 10,000 rows."""
    from skmnist.persistence import save

    X, y, _, _ = load("sample")
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/rows.npy", np.tile(X, (3, 1))[:10_000])
        paths = {
            "skmnist": f"{folder}/digits.skops",
            "MLPClassifier": f"{folder}/digits.joblib",
        }
        for name, path in paths.items():
            pipeline = make_pipeline(MinMaxScaler(), make(name, 32, 1)).fit(X, y)
            (save if name == "skmnist" else joblib.dump)(pipeline, path)
        seconds = in_turn(
            {
                name: lambda p=path: fresh_python(
                    HERE / "predict.py", p, f"{folder}/rows.npy"
                )
                for name, path in paths.items()
            },
            2 * rounds,
        )
    return [
        ["load and predict", name, Path(paths[name]).suffix[1:], f"{value:.2f}", ""]
        for name, value in seconds.items()
    ]


def measure_fits(rounds: int) -> Rows:
    """First fits in a process, and fits in one that has fitted the same before."""
    rows = measure_first_fits(rounds)
    for label, source, units, epochs, n_rows, n_columns in (
        ("150 × 4, 5 units, 5 epochs", "sample", 5, 5, 150, 4),
        ("load_digits, 32 units, 5 epochs", "digits", 32, 5, None, None),
        ("load_digits, 32 units, 20 epochs", "digits", 32, 20, None, None),
        ("all of MNIST, 5 units, 5 epochs", "mnist", 5, 5, None, None),
        ("all of MNIST, 16 units, 5 epochs", "mnist", 16, 5, None, None),
        ("all of MNIST, 128 units, 5 epochs", "mnist", 128, 5, None, None),
    ):
        X, y, X_test, y_test = load(source)
        if n_columns:
            X, X_test = (
                np.ascontiguousarray(part[:, 300 : 300 + n_columns])
                for part in (X, X_test)
            )
        X, y = X[:n_rows], y[:n_rows]

        estimators = {name: make(name, units, epochs) for name in FAST}
        actions = {
            name: lambda e=e, X=X, y=y: e.fit(X, y) for name, e in estimators.items()
        }
        for action in actions.values():
            action()
        seconds = in_turn(actions, rounds if source == "mnist" else 4 * rounds)

        for name, e in estimators.items():
            accuracy = f"{e.score(X_test, y_test):.3f}"
            if n_columns:
                # Four pixels do not tell the digits apart.
                accuracy = ""
            rows.append([label, name, "", f"{seconds[name]:.3f}", accuracy])
    return rows


def measure_first_fits(rounds: int) -> Rows:
    """The first fit in a process."""
    first = """
import sys, time; sys.path.insert(0, {folder!r})
from contenders import make
from data import load
import sklearn.neural_network, scikeras.wrappers
X, y, _, _ = load("mnist")
start = time.perf_counter()
make({name!r}, 5, 5).fit(X, y)
print(time.perf_counter() - start)
"""
    values: dict[str, list[float]] = {name: [] for name in FAST}
    for _ in range(rounds):
        for name in FAST:
            code = first.format(folder=str(HERE), name=name)
            values[name].append(float(fresh_python("-c", code)))

    label = "all of MNIST, 5 units, 5 epochs, the first in a process"
    return [
        [label, name, "", f"{statistics.median(values[name]):.2f}", ""] for name in FAST
    ]


def measure_predictions(rounds: int) -> Rows:
    """Probabilities of rows, with 16 units."""
    X, y, _, _ = load("mnist")
    fitted = {name: make(name, 16, 1).fit(X[:5000], y[:5000]) for name in NAMES}
    rows: Rows = []
    for n_rows in (10_000, 1):
        part = X[:n_rows]
        actions = {
            name: lambda e=e, p=part: e.predict_proba(p) for name, e in fitted.items()
        }
        seconds = in_turn(actions, 5 * rounds)
        label = "1 row" if n_rows == 1 else f"{n_rows:,} rows"
        rows += [
            [label, name, "", f"{value:.4f}", ""] for name, value in seconds.items()
        ]
    return rows


def measure_memory(rounds: int) -> Rows:
    """Peak of a fit to all of MNIST as uint8, over the process that holds the data."""
    code = """
import sys; sys.path.insert(0, {folder!r})
from contenders import make
from skmnist import load_mnist
import sklearn.neural_network, scikeras.wrappers
def megabytes(name):
    with open("/proc/self/status") as status:  # on Linux alone
        return [int(line.split()[1]) / 1024 for line in status if name in line][0]
(X, y), _ = load_mnist(return_X_y=True)
before = megabytes("VmRSS")
with open("/proc/self/clear_refs", "w") as clear:
    clear.write("5")
make({name!r}, 5, 1).fit(X, y)
print(megabytes("VmHWM") - before)
"""
    rows: Rows = []
    for name in NAMES:
        output = fresh_python("-c", code.format(folder=str(HERE), name=name))
        rows.append(["all of MNIST, 5 units", name, "", f"{float(output):.0f}", ""])
    return rows


class Section(NamedTuple):
    """A table, and how it is measured."""

    title: str
    # How often each is run, for a number of rounds, and what else differs.
    runs: Callable[[int], str]
    # The headers of the columns for what is run, and in which way.
    what: str
    way: str
    unit: str
    measure: Callable[[int], Rows]


SECTIONS = {
    "searches": Section(
        title="Whole scripts: GridSearchCV over hidden_units [5, 16, 64, 128], cv=3",
        runs=lambda n: f"Medians of {n} scripts; KerasClassifier's ran once.",
        what="search",
        way="run as",
        unit="seconds",
        measure=measure_searches,
    ),
    "files": Section(
        title="Whole scripts: load a saved Pipeline, predict 10,000 rows",
        runs=lambda n: (
            f"Medians of {2 * n} scripts, with 32 units. `skmnist.persistence.load` "
            "checks a file of skops, so that none of its code runs; joblib checks "
            "nothing."
        ),
        what="script",
        way="saved by",
        unit="seconds",
        measure=measure_files,
    ),
    "fits": Section(
        title="Fits, unless noted in a process that has fitted the same before",
        runs=lambda n: (
            f"Medians of {n} fits with all of MNIST, and of {4 * n} with less. 150 × 4 "
            "are four pixels of 150 images, for the time alone."
        ),
        what="fit",
        way="",
        unit="seconds",
        measure=measure_fits,
    ),
    "predictions": Section(
        title="predict_proba",
        runs=lambda n: f"Medians of {5 * n} calls, with 16 units.",
        what="X",
        way="",
        unit="seconds",
        measure=measure_predictions,
    ),
    "memory": Section(
        title="Peak memory of a fit over the process that holds the data",
        runs=lambda n: "One fit of one epoch each, with pixels as uint8.",
        what="fit",
        way="",
        unit="MB",
        measure=measure_memory,
    ),
}


def describe_machine() -> str:
    """Describe the machine and the versions."""
    packages = ("scikit-learn", "keras", "tensorflow", "scikeras", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {versions}"
    )


CONDITIONS = """\
One hidden layer, Adam at 0.001, batches of 32, and unless noted, pixels as float32 from
0 to 1. A ratio is to the lowest value of skmnist for the same search, script, fit or X;
above 1, skmnist is better."""


def write_tables(results: dict[str, Any]) -> None:
    """Write the tables as Markdown, their ratios to the best of skmnist in a group."""
    machines = dict.fromkeys(result["machine"] for result in results.values())
    parts = [
        "## Searches and fits\n",
        f"Measured on {'; '.join(machines)}. {' '.join(CONDITIONS.split())}\n",
    ]
    for name, section in SECTIONS.items():
        if name in results:
            rows, rounds = results[name]["rows"], results[name]["rounds"]
            parts.append(f"### {section.title}\n\n{section.runs(rounds)}\n")
            parts.append(f"{_as_table(section, rows)}\n")
    (DOCS / "benchmarks-tables.md").write_text("\n".join(parts), encoding="utf-8")


def _as_table(section: Section, rows: Rows) -> str:
    best: dict[str, float] = {}
    for label, name, _, value, _ in rows:
        if name == "skmnist":
            best[label] = min(best.get(label, float("inf")), float(value))

    header = [section.what, "classifier", section.way, section.unit]
    header += ["ratio", "test accuracy"]
    lines = []
    for label, name, way, value, accuracy in rows:
        ratio = f"{float(value) / best[label]:.2f} ×"
        lines.append([label, name, way, value, ratio, accuracy])

    # Some sections have no ways to run, or no accuracies.
    columns = zip(header, *lines, strict=True)
    filled = [column for column in columns if any(column[1:])]
    header, *lines = map(list, zip(*filled, strict=True))
    return as_table(header, lines)


def draw(results: dict[str, Any]) -> None:
    """Draw the whole scripts, each contender at its best, in light and in dark."""
    groups: dict[str, dict[str, float]] = {}
    for section, prefix in (
        ("searches", "GridSearchCV, "),
        ("files", "files of skops (skmnist) and joblib (MLPClassifier): "),
    ):
        for label, name, _, value, _ in results.get(section, {"rows": []})["rows"]:
            if name in NAMES:
                bars = groups.setdefault(f"{prefix}{label}", {})
                bars[name] = min(bars.get(name, float("inf")), float(value))

    colors = dict(zip(NAMES, ("#d62728", "#7f7f7f", "#b5b5b5"), strict=True))
    for theme in ("light", "dark"):
        with plt.style.context("dark_background" if theme == "dark" else "default"):
            figure, axes = plt.subplots(
                len(groups), figsize=(7, 1.25 * len(groups)), layout="constrained"
            )
            figure.suptitle("Whole scripts, imports included")
            axes = np.atleast_1d(axes)
            for ax, (label, bars) in zip(axes, groups.items(), strict=True):
                names = list(bars)[::-1]
                seconds = [bars[name] for name in names]
                drawn = ax.barh(names, seconds, color=[colors[name] for name in names])
                ax.bar_label(drawn, [f"{value:.1f} s" for value in seconds], padding=4)

                ax.set_title(label, loc="left", fontsize="medium")
                ax.margins(x=0.12)
                ax.spines[:].set_visible(False)
                ax.tick_params(length=0)
                ax.set_xticks([])
            figure.savefig(DOCS / "_static" / f"benchmarks-{theme}.png", dpi=160)
            plt.close(figure)


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description="Measure skmnist beside its peers.")
    parser.add_argument(
        "--only", nargs="*", choices=SECTIONS, help="only these sections"
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of each contender")
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, section in SECTIONS.items():
        if arguments.only is None or name in arguments.only:
            print(section.title, flush=True)
            rows = section.measure(arguments.rounds)
            for row in rows:
                print(*row, sep="  ", flush=True)
            results[name] = {
                "machine": describe_machine(),
                "rounds": arguments.rounds,
                "rows": rows,
            }
            RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_tables(results)
    draw(results)


if __name__ == "__main__":
    main()
