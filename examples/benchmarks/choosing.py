"""Search parameters on all of MNIST and on 1,000 images; draw the figures of the page
"Choosing parameters".

    python examples/benchmarks/choosing.py                all, in ten minutes
    python examples/benchmarks/choosing.py --only units   one; the others stay
    python examples/benchmarks/choosing.py --only         draw what was searched

``SKMNIST_DATA`` names the file of all of MNIST. Each candidate is fitted with three
seeds and scored on 10,000 of the images to train on; the test images are not used.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from data import load_all_of_mnist
from matplotlib.axes import Axes
from pages import DOCS
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit

from skmnist import SimpleMLPClassifier

RESULTS = Path(__file__).parent / "choosing.json"
SEEDS = [0, 1, 2]

# Images to train on, and epochs: fewer images need more epochs.
SIZES = {50_000: 10, 1_000: 100}

PERCENTAGES = [2, 3, 5, 10, 20, 50]  # with ticks, where they are in a figure

Grid = dict[str, list[Any]]


@dataclass(frozen=True)
class Study:
    """A parameter to search, with the values of another one that has a line each."""

    parameter: str
    label: str
    grids: dict[int, Grid]  # by the number of images
    lines: str | None = None
    line_label: str = "{}"


UNITS: Grid = {"hidden_units": [2, 5, 16, 32, 64, 128, 256, 512]}
RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]
OPTIMIZERS: Grid = {
    "learning_rate": [0.0001, 0.001, 0.01, 0.1, 1.0],
    "optimizer": ["adam", "rmsprop", "sgd"],
}
STUDIES = {
    "units": Study(
        parameter="hidden_units",
        label="hidden units",
        grids={50_000: UNITS, 1_000: UNITS},
    ),
    "learning-rate": Study(
        parameter="learning_rate",
        label="learning rate",
        grids={
            50_000: {"learning_rate": RATES, "epochs": [3, 10]},
            1_000: {"learning_rate": RATES, "epochs": [30, 100]},
        },
        lines="epochs",
        line_label="{} epochs",
    ),
    "epochs": Study(
        parameter="epochs",
        label="epochs",
        grids={
            50_000: {"epochs": [1, 2, 5, 10, 20, 50]},
            1_000: {"epochs": [5, 10, 20, 50, 100, 200, 500]},
        },
    ),
    "batch-size": Study(
        parameter="batch_size",
        label="batch size",
        grids={
            50_000: {
                "batch_size": [8, 32, 128, 512, 2048],
                "learning_rate": [0.001, 0.01],
            },
            1_000: {"batch_size": [8, 32, 128, 512], "learning_rate": [0.001, 0.01]},
        },
        lines="learning_rate",
        line_label="learning rate {}",
    ),
    "optimizer": Study(
        parameter="learning_rate",
        label="learning rate",
        grids={50_000: OPTIMIZERS, 1_000: OPTIMIZERS},
        lines="optimizer",
    ),
}


def search(grid: Grid, n_images: int, epochs: int) -> list[dict[str, Any]]:
    """Fit each candidate with each seed; return parameters and validation errors."""
    X, y, _, _ = load_all_of_mnist()
    split = StratifiedShuffleSplit(
        1, train_size=n_images, test_size=10_000, random_state=0
    )
    network = SimpleMLPClassifier(64, learning_rate=0.003, epochs=epochs)
    searched = GridSearchCV(
        network, {**grid, "random_state": SEEDS}, cv=split, refit=False
    )
    searched.fit(X, y)

    results = searched.cv_results_
    errors = 100 * (1 - results["mean_test_score"])
    return [
        {**parameters, "error": round(float(error), 3)}
        for parameters, error in zip(results["params"], errors, strict=True)
    ]


def draw(study: Study, results: dict[str, Any], path: Path) -> None:
    """Draw the errors over the values of the parameter, a panel for each size."""
    figure, axes = plt.subplots(
        1, 2, figsize=(6.4, 2.9), sharey=True, layout="constrained"
    )
    for ax, (n_images, epochs) in zip(axes, SIZES.items(), strict=True):
        draw_panel(ax, study, results[str(n_images)])

        title = f"{n_images:,} images"
        if "epochs" not in study.grids[n_images]:
            title += f", {epochs} epochs"
        ax.set_title(title, loc="left", fontsize="medium")
        ax.set_xlabel(study.label)
    axes[0].set_ylabel("validation error, %")

    # Ticks outside of the data would widen the axis.
    errors = [row["error"] for rows in results.values() for row in rows]
    axes[0].set_ylim(0.9 * min(errors), 1.1 * max(errors))
    figure.savefig(path, dpi=160)
    plt.close(figure)


def draw_panel(ax: Axes, study: Study, rows: list[dict[str, Any]]) -> None:
    """Draw a dot for each fit and a line through the means of the seeds."""
    by_line: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        line = row.get(study.lines)  # None where there is one line
        by_line.setdefault(line, []).append(row)

    for line, of_line in by_line.items():
        values = sorted({row[study.parameter] for row in of_line})
        errors = [
            [row["error"] for row in of_line if row[study.parameter] == value]
            for value in values
        ]
        label = study.line_label.format(line)
        (drawn,) = ax.plot(values, np.mean(errors, axis=1), label=label)
        ax.plot(values, errors, "o", color=drawn.get_color(), markersize=3, alpha=0.6)

    if study.lines is not None:
        ax.legend(frameon=False, fontsize="small")
    set_scales(ax, study.parameter, values)


def set_scales(ax: Axes, parameter: str, values: list[float]) -> None:
    """Make both axes logarithmic, with plain numbers beside the ticks."""
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_yticks(PERCENTAGES, [str(value) for value in PERCENTAGES])
    if parameter != "learning_rate":
        ax.set_xticks(values, [str(value) for value in values], fontsize="small")
    ax.minorticks_off()
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Search and draw."""
    parser = argparse.ArgumentParser(description="Search parameters on MNIST.")
    parser.add_argument("--only", nargs="*", choices=STUDIES, help="only these")
    arguments = parser.parse_args()

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, study in STUDIES.items():
        if arguments.only is None or name in arguments.only:
            print(name, flush=True)
            results[name] = {
                str(n_images): search(study.grids[n_images], n_images, epochs)
                for n_images, epochs in SIZES.items()
            }
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        if name in results:
            draw(study, results[name], DOCS / "_static" / f"choosing-{name}.png")


if __name__ == "__main__":
    main()
