"""Measure how the cost of a fit grows; write the tables and figures of the pages.

    python examples/benchmarks/scale.py                 all groups, in half an hour
    python examples/benchmarks/scale.py --only rows     one; the others stay as they are
    python examples/benchmarks/scale.py --only          draw what was measured

``SKMNIST_DATA`` names the file of all of MNIST. Each fit is a process of its own, so
that its imports, its memory and its limits are its own; contenders take turns, and
figures are medians of three. It needs Linux, with ``prlimit`` and ``taskset``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from contenders import NAMES
from data import write_shifted
from run import DOCS, HERE, describe_machine
from scale_pages import Point, draw, fill_in_sentence, write_tables
from threadpoolctl import threadpool_limits

COMMON = {
    "n_rows": 2_000,
    "n_classes": None,  # the labels of MNIST
    "hidden_units": 32,
    "batch_size": 32,
    "n_cores": None,  # all of them
    "epochs": 3,
    "n_warm_fits": 3,
}
ROUNDS = 3
SECONDS_WORTH_REPEATING = 20
MEMORY_GIGABYTES = 16
MACHINE_ROWS = 60_000  # more than the caches hold


@dataclass(frozen=True)
class Group:
    """One setting that varies; the settings that differ from `COMMON`."""

    setting: str
    values: tuple[int, ...]
    quick_values: tuple[int, ...]
    others: dict[str, Any] = field(default_factory=dict)
    rounds: int = 1


GROUPS = {
    "rows": Group(
        "n_rows",
        (500, 4_000, 30_000, 60_000, 300_000, 1_000_000, 8_100_000),
        (200, 1_000, 4_000),
        {"n_warm_fits": 1},
        rounds=ROUNDS,
    ),
    "classes": Group(
        "n_classes",
        (2, 10, 100, 1_000, 3_800),
        (2, 100),
        {"n_rows": 7_600},
    ),
    "units": Group("hidden_units", (5, 32, 128, 512, 2_000), (5, 128)),
    "batch": Group("batch_size", (1, 8, 32, 256, 2_000), (32, 256)),
    "cores": Group("n_cores", (1, 2), (1,), {"n_rows": 10_000}),
}


def run_fit(settings: dict[str, Any], limit: float) -> Point:
    """Run one script; return what it reached within the limits."""
    cores = sorted(os.sched_getaffinity(0))[: settings["n_cores"]]
    command = [
        "prlimit",
        f"--data={MEMORY_GIGABYTES * 2**30}",
        "taskset",
        "--cpu-list",
        ",".join(map(str, cores)),
        sys.executable,
        str(HERE / "fit.py"),
        json.dumps(settings),
    ]

    start = time.monotonic()
    stopped_by = None
    try:
        process = subprocess.run(
            command, capture_output=True, timeout=limit, check=False
        )
        output = process.stdout
        if process.returncode != 0:
            stopped_by = _reason(process.returncode, process.stderr.decode())
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b""
        stopped_by = "time"

    point: Point = {"whole": None, "warm": None, "peak_mb": None}
    lines = [json.loads(line) for line in output.splitlines()]
    if lines:
        point["whole"] = lines[0]["end"] - start
        point["peak_mb"] = lines[0]["peak_mb"]
    if len(lines) > 1:
        point["warm"] = statistics.median(line["warm"] for line in lines[1:])
    return point | {"stopped_by": stopped_by}


def _reason(code: int, errors: str) -> str:
    """Return "memory" if a process failed because it got no more of it."""
    is_killed = code == -signal.SIGKILL  # as the system does where there is no more
    if is_killed or re.search("MemoryError|bad_alloc|ResourceExhausted|OOM", errors):
        return "memory"
    raise RuntimeError(errors)


def measure(
    group: Group, values: Iterable[int], *, rounds: int, limit: float, folder: Path
) -> list[Point]:
    """Fit each contender at each value in turn, until it is stopped."""
    points: list[Point] = []
    names = list(NAMES)
    for value in values:
        runs: dict[str, list[Point]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                if not _is_worth_running(runs[name]):
                    continue
                settings = COMMON | group.others | {group.setting: value}
                settings |= {"name": name, "folder": str(folder)}
                runs[name].append(run_fit(settings, limit))

        for name in names:
            point = {"name": name, "value": value} | _median(runs[name])
            print(*point.values(), sep="  ", flush=True)
            points.append(point)
        names = [name for name in names if runs[name][-1]["stopped_by"] is None]
    return points


def _is_worth_running(runs: list[Point]) -> bool:
    """Whether the last run was short enough to be repeated."""
    if not runs:
        return True
    last = runs[-1]
    return last["stopped_by"] is None and last["whole"] < SECONDS_WORTH_REPEATING


def _median(runs: list[Point]) -> Point:
    point: Point = {}
    for key in ("whole", "warm", "peak_mb"):
        reached = [run[key] for run in runs if run[key] is not None]
        point[key] = None
        if reached:
            point[key] = round(statistics.median(reached), 4)
    return point | {"stopped_by": runs[-1]["stopped_by"]}


def measure_machine(folder: Path) -> dict[str, float]:
    """Measure the products of the first layer alone, and reading rows alone."""
    X = np.load(folder / "rows.npy", mmap_mode="r")[:MACHINE_ROWS] / np.float32(255)
    n_units, batch_size = COMMON["hidden_units"], COMMON["batch_size"]
    batch = X[:batch_size]
    weights = np.ones((X.shape[1], n_units), np.float32)
    gradients = np.ones((batch_size, n_units), np.float32)
    outputs, change = np.empty_like(gradients), np.empty_like(weights)

    def multiply() -> None:
        for _ in range(1_000):
            np.matmul(batch, weights, out=outputs)
            np.matmul(batch.T, gradients, out=change)

    n_products = 2 * 1_000
    flops = n_products * 2 * batch.size * n_units
    pixels = X.ravel()
    return {
        "flops": round(flops / _shortest(multiply)),
        "bytes": round(pixels.nbytes / _shortest(lambda: np.dot(pixels, pixels))),
    }


def _shortest(action: Callable[[], Any]) -> float:
    """Return the seconds of the fastest of ten runs, of one thread or of all."""
    seconds = []
    for n_threads in [1, None] * 5:
        with threadpool_limits(n_threads, user_api="blas"):
            start = time.perf_counter()
            action()
            seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    """Measure the groups, and write what comes of them."""
    parser = argparse.ArgumentParser(description="Measure how the cost of a fit grows.")
    parser.add_argument("--only", nargs="*", choices=GROUPS, help="only these groups")
    parser.add_argument("--quick", action="store_true", help="a trial of small sizes")
    parser.add_argument("--limit", type=float, default=300, help="seconds of a script")
    parser.add_argument("--into", type=Path, help="folder, instead of the pages'")
    arguments = parser.parse_args()

    results_path = (arguments.into or HERE) / "scale.json"
    results: dict[str, Any] = {}
    if results_path.exists():
        results = json.loads(results_path.read_text(encoding="utf-8"))

    chosen = list(GROUPS) if arguments.only is None else arguments.only
    if chosen:
        for name, group in measure_groups(chosen, arguments.quick, arguments.limit):
            results[name] = group
            text = json.dumps(results, indent=1, ensure_ascii=False)
            results_path.write_text(text + "\n", encoding="utf-8")

    write_tables(results, (arguments.into or DOCS) / "benchmarks-scale.md")
    draw(results, arguments.into or DOCS / "_static")
    if arguments.into is None:
        fill_in_sentence(results, DOCS.parent / "README.md")


def measure_groups(
    names: list[str], is_quick: bool, limit: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each group as soon as it is measured."""
    if is_quick:
        source = "sample"
        values_of = {name: GROUPS[name].quick_values for name in names}
    else:
        source = "mnist"
        values_of = {name: GROUPS[name].values for name in names}

    n_rows = MACHINE_ROWS
    if "rows" in names:
        n_rows = max(n_rows, *values_of["rows"])

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_shifted(folder, n_rows, source)
        os.sync()  # nothing is written to the disk while the fits run
        machine = measure_machine(folder)

        for name in names:
            print(name, flush=True)
            group = GROUPS[name]
            rounds = group.rounds
            if is_quick:
                rounds = 1
            points = measure(
                group, values_of[name], rounds=rounds, limit=limit, folder=folder
            )

            results = {
                "is_quick": is_quick,
                "conditions": describe_machine(),
                "machine": machine,
                "settings": COMMON | group.others,
                "limits": {"seconds": limit, "gigabytes": MEMORY_GIGABYTES},
                "points": points,
            }
            yield name, results


if __name__ == "__main__":
    main()
