"""Measure skmnist beside its peers and write the tables that the documentation shows.

    python examples/benchmarks/run.py            all of it; half an hour with all of MNIST
    python examples/benchmarks/run.py --quick    about a minute

The data is what ``load_mnist()`` loads: set ``SKMNIST_DATA`` to have all of MNIST. Every ratio is
between two contenders that were timed in turn, in one run; the accuracies stand beside them, so
that nobody is fast by learning less.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from contenders import CONTENDERS, OPTIONAL_CONTENDERS, Factory
from measuring import alternate, in_fresh_process, seconds_of
from sklearn.model_selection import GridSearchCV

from skmnist import load_mnist

EPOCHS = 5
BATCH_SIZE = 32


@dataclass
class Report:
    """The tables, as Markdown, printed as they come and written at the end."""

    parts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add a paragraph or a heading."""
        self.parts.append(text)
        print(text, flush=True)

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        """Add a table."""
        columns = list(columns)
        lines = [columns, ["---"] * len(columns), *rows]
        self.add("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n")


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description="Measure skmnist beside its peers.")
    parser.add_argument("--quick", action="store_true", help="few rows and repeats: a minute")
    parser.add_argument("--output", type=Path, help="write the tables to this Markdown file")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, help="only these sections")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    digits = load_mnist("sample" if arguments.quick else None)
    report = Report()
    report.add("# Benchmarks\n")
    report.add(_conditions(len(digits.X_train), arguments.quick))
    for name, section in SECTIONS.items():
        if not arguments.only or name in arguments.only:
            section(report, digits, arguments.quick)
    if arguments.output:
        unfinished = arguments.output.with_suffix(".unfinished")
        unfinished.write_text("\n".join(report.parts), encoding="utf-8")
        unfinished.replace(arguments.output)


def _conditions(n_rows: int, quick: bool) -> str:
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("scikit-learn", "keras", "tensorflow", "scikeras")
    )
    return (
        f"{n_rows:,} training images of MNIST, pixels as float32 from 0 to 1, one hidden layer, "
        f"Adam at 0.001, batches of {BATCH_SIZE}, {EPOCHS} epochs; {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, {versions}. Medians of runs "
        "in turn; a ratio of 2 means that skmnist takes half the time. Written by "
        f"`examples/benchmarks/run.py{' --quick' if quick else ''}`.\n"
    )


def benchmark_fit(report: Report, digits: Any, quick: bool) -> None:
    """Fits after the first in a process."""
    X, y, X_test, y_test = _floats(digits)
    rows = []
    for hidden_units in (5, 16, 128):
        factories = {**CONTENDERS, **(OPTIONAL_CONTENDERS if hidden_units == 5 else {})}
        fitted = {
            name: factory(hidden_units, EPOCHS, BATCH_SIZE) for name, factory in factories.items()
        }
        fitted["skmnist"].fit(X, y)  # compiles
        seconds = alternate(
            {name: lambda e=estimator: e.fit(X, y) for name, estimator in fitted.items()},
            repeats=1 if quick else 3,
        )
        for name, estimator in fitted.items():
            accuracy = np.mean(estimator.predict(X_test) == y_test)
            rows.append([hidden_units, name, *_timing(seconds, name), f"{accuracy:.3f}"])
    report.add("## Fit, the second in a process\n")
    report.table(["hidden units", "", "seconds", "ratio", "test accuracy"], rows)


def benchmark_first_fit(report: Report, digits: Any, quick: bool) -> None:
    """The first fit in a process, imports aside, and a small one after it."""
    script = """
        import time, numpy as np
        from contenders import CONTENDERS
        from skmnist import load_mnist
        import sklearn.neural_network, scikeras.wrappers
        (X, y), _ = load_mnist(source, return_X_y=True)
        X = X / np.float32(255)
        make = CONTENDERS[name]
        make(5, 1, 32)
        def seconds(estimator, X, y):
            start = time.perf_counter()
            estimator.fit(X, y)
            return time.perf_counter() - start
        first = seconds(make(5, 5, 32), X, y)
        small = np.ascontiguousarray(X[:150, 300:304])
        seconds(make(5, 5, 32), small, y[:150])
        result = first, sorted(seconds(make(5, 5, 32), small, y[:150]) for _ in range(9))[4]
    """
    names = ["skmnist", "MLPClassifier"] if quick else list(CONTENDERS)
    repeats = 1 if quick else 3
    runs: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            runs[name].append(
                in_fresh_process(script, name=name, source="sample" if quick else None)
            )
    report.add("## The first fit in a process, imports aside, and a fit of 150 rows × 4\n")
    first = {name: statistics.median(run[0] for run in of_name) for name, of_name in runs.items()}
    small = {name: statistics.median(run[1] for run in of_name) for name, of_name in runs.items()}
    report.table(
        ["", "first fit, seconds", "ratio", "150 × 4, second fit, ms"],
        [[name, *_timing(first, name), f"{1000 * small[name]:.0f}"] for name in names],
    )


def benchmark_predict(report: Report, digits: Any, quick: bool) -> None:
    """predict_proba of many rows and of one."""
    X, y, X_test, _ = _floats(digits)
    fitted = {
        name: factory(5, 1, BATCH_SIZE).fit(X[:5000], y[:5000])
        for name, factory in CONTENDERS.items()
    }
    rows = []
    for n_rows in (len(X_test), 1):
        seconds = alternate(
            {name: lambda e=e, n=n_rows: e.predict_proba(X_test[:n]) for name, e in fitted.items()},
            repeats=11,
        )
        rows += [
            [f"{n_rows:,}", name, f"{1000 * seconds[name]:.2f}", _timing(seconds, name)[1]]
            for name in fitted
        ]
    report.add("## predict_proba\n")
    report.table(["rows", "", "ms", "ratio"], rows)


def benchmark_search(report: Report, digits: Any, quick: bool) -> None:
    """A grid search of hidden_units, one fit after the other and two at a time."""
    X, y, X_test, y_test = _floats(digits)
    grid = [5, 16] if quick else [5, 16, 64, 128]
    ways = {"one job": "sequential", "two threads": "threading", "two processes": "loky"}
    accuracies = {}

    def search(name: str, way: str) -> None:
        parameters: dict[str, list[Any]] = {"hidden_units": grid}
        if name == "MLPClassifier":
            parameters = {"hidden_layer_sizes": [(units,) for units in grid]}
        estimator = CONTENDERS[name](5, EPOCHS, BATCH_SIZE)
        with joblib.parallel_config(ways[way], n_jobs=2):
            fitted = GridSearchCV(estimator, parameters, cv=3).fit(X, y)
        accuracies[name, way] = fitted.score(X_test, y_test)

    def seconds_of_searches(searches: list[tuple[str, str]], repeats: int) -> dict[Any, float]:
        return alternate({pair: lambda p=pair: search(*p) for pair in searches}, repeats)

    # Python runs the loops of the others one at a time: they gain nothing from threads.
    ours = [("skmnist", way) for way in ways]
    others = [(name, way) for name in CONTENDERS for way in ways if way != "two threads"]
    for pair in ours:
        search(*pair)  # compiles, and starts the workers
    fast = [pair for pair in others if pair[0] == "MLPClassifier"]
    seconds = seconds_of_searches(ours + fast, 1 if quick else 3)
    seconds |= seconds_of_searches([pair for pair in others if pair not in seconds], 1)
    best = min(seconds[pair] for pair in ours)
    report.add(f"## GridSearchCV over hidden_units {grid}, cv=3, and the refit\n")
    report.table(
        ["", "", "seconds", "ratio to the fastest", "test accuracy of the best"],
        [
            [*pair, f"{value:.1f}", f"{value / best:.1f} ×", f"{accuracies[pair]:.3f}"]
            for pair, value in seconds.items()
        ],
    )


def benchmark_memory(report: Report, digits: Any, quick: bool) -> None:
    """The peak of a fit on images of uint8, over the process that has imported and loaded."""
    # The peak is that since the line before it; Linux alone tells.
    script = """
        from contenders import CONTENDERS
        from skmnist import load_mnist
        import scikeras.wrappers, sklearn.neural_network
        def megabytes(name):
            with open("/proc/self/status") as status:
                return [int(line.split()[1]) / 1024 for line in status if name in line][0]
        imported = megabytes("VmRSS")
        (X, y), _ = load_mnist(source, return_X_y=True)
        loaded = megabytes("VmRSS")
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
        CONTENDERS[fitted](5, 1, 32).fit(X, y)
        peak = megabytes("VmHWM")
        result = peak - imported, peak - loaded
    """
    source = "sample" if quick else None
    rows = []
    for name in CONTENDERS:
        from_import, from_data = in_fresh_process(script, fitted=name, source=source)
        rows.append([name, f"{from_import:.0f}", f"{from_data:.0f}"])
    report.add("## Peak memory of a fit on uint8 images, hidden 5, in MB\n")
    report.table(["", "over the imported process", "over the process that holds the data"], rows)


def benchmark_import(report: Report, digits: Any, quick: bool) -> None:
    """What it takes to import."""
    statements = {
        "skmnist": "import skmnist",
        "skmnist, the sample as arrays": (
            "from skmnist import load_mnist; load_mnist('sample', return_X_y=True)"
        ),
        "skmnist.SimpleMLPClassifier": "from skmnist import SimpleMLPClassifier",
        "sklearn's MLPClassifier": "from sklearn.neural_network import MLPClassifier",
        "scikeras's KerasClassifier": "from scikeras.wrappers import KerasClassifier",
    }
    script = """
        import time
        start = time.perf_counter()
        exec(statement)
        result = time.perf_counter() - start
    """
    seconds = alternate_processes(script, statements, repeats=1 if quick else 5)
    report.add("## Import time\n")
    report.table(["", "seconds"], [[name, f"{value:.2f}"] for name, value in seconds.items()])


def alternate_processes(script: str, statements: dict[str, str], repeats: int) -> dict[str, float]:
    """Medians of what a script returns for each statement, in fresh processes in turn."""
    values: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(repeats):
        for name, statement in statements.items():
            values[name].append(in_fresh_process(script, statement=statement))
    return {name: statistics.median(of_name) for name, of_name in values.items()}


def benchmark_accuracy(report: Report, digits: Any, quick: bool) -> None:
    """Time to 97 % on the test set, hidden 128."""
    X, y, X_test, y_test = _floats(digits)
    target = 0.90 if quick else 0.97
    rows = []
    for name, factory in CONTENDERS.items():
        seconds, epochs, accuracy = _time_to(target, factory, X, y, X_test, y_test)
        rows.append([name, f"{seconds:.1f}", epochs, f"{accuracy:.4f}"])
    report.add(f"## Time to a test accuracy of {target:.0%}, hidden 128\n")
    report.table(["", "seconds", "epochs", "test accuracy"], rows)


def _time_to(
    target: float, factory: Factory, X: Any, y: Any, X_test: Any, y_test: Any
) -> tuple[float, int, float]:
    # The number of epochs is searched first; what is timed is one fit of that many.
    classes = np.unique(y)
    search = factory(128, 1, BATCH_SIZE)
    epochs = 0
    while epochs < 30:
        epochs += 1
        search.partial_fit(X, y, classes=classes)
        if np.mean(search.predict(X_test) == y_test) >= target:
            break
    estimator = factory(128, epochs, BATCH_SIZE)
    seconds = seconds_of(lambda: estimator.fit(X, y))
    return seconds, epochs, float(np.mean(estimator.predict(X_test) == y_test))


def benchmark_growth(report: Report, digits: Any, quick: bool) -> None:
    """How the time of a fit grows with the rows and with the units; one epoch."""
    X, y, _, _ = _floats(digits)
    fast = {name: CONTENDERS[name] for name in ("skmnist", "MLPClassifier")}

    def measure(n_rows: int, hidden_units: int) -> list[str]:
        copies = -(-n_rows // len(X))
        rows, labels = np.tile(X, (copies, 1))[:n_rows], np.tile(y, copies)[:n_rows]
        estimators = {name: make(hidden_units, 1, BATCH_SIZE) for name, make in fast.items()}
        estimators["skmnist"].fit(rows, labels)
        seconds = alternate(
            {name: lambda e=e: e.fit(rows, labels) for name, e in estimators.items()},
            repeats=1 if n_rows > 100_000 else 3,
        )
        return [f"{seconds[name]:.3f}" for name in fast] + [_timing(seconds, "MLPClassifier")[1]]

    sizes = [1_000, 4_000] if quick else [1_000, 10_000, 60_000, 600_000]
    report.add("## Growth with the rows, hidden 5, one epoch, in seconds\n")
    report.table(["rows", *fast, "ratio"], [[f"{n:,}", *measure(n, 5)] for n in sizes])
    widths = [5, 64] if quick else [5, 16, 64, 256, 1024]
    report.add("## Growth with the units, one epoch, in seconds\n")
    report.table(["units", *fast, "ratio"], [[units, *measure(len(X), units)] for units in widths])


def _floats(digits: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    scale = np.float32(255)
    return digits.X_train / scale, digits.y_train, digits.X_test / scale, digits.y_test


def _timing(seconds: dict[str, float], name: str) -> tuple[str, str]:
    return f"{seconds[name]:.2f}", f"{seconds[name] / seconds['skmnist']:.1f} ×"


SECTIONS = {
    "fit": benchmark_fit,
    "first-fit": benchmark_first_fit,
    "predict": benchmark_predict,
    "search": benchmark_search,
    "memory": benchmark_memory,
    "import": benchmark_import,
    "accuracy": benchmark_accuracy,
    "growth": benchmark_growth,
}

if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"{time.perf_counter() - start:.0f} s in all")
