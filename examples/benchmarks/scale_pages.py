"""The tables, figures and sentences that come of what `scale.py` measured."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from contenders import NAMES
from fit import is_mapped
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

# What one contender needed at one value: seconds, megabytes, and what stopped it.
Point = dict[str, Any]
# The points of a group, its settings and limits, and how fast the machine is.
Group = dict[str, Any]

OURS, BEST_KNOWN = NAMES[:2]
LABELS = {
    "rows": "rows",
    "classes": "classes",
    "units": "hidden units",
    "batch": "batch size",
    "cores": "cores",
}
# Those that are drawn; two numbers of cores are a table.
PANELS = {"rows", "classes", "units", "batch"}
N_FEATURES, N_CLASSES = 28 * 28, 10

COLORS = dict(zip(NAMES, ("#d62728", "#3b82c4", "#8a8a8a"), strict=True))
MARKERS = dict(zip(NAMES, "os^", strict=True))
STYLES = {"light": "default", "dark": "dark_background"}


def value_of(points: list[Point], name: str, key: str) -> dict[int, float]:
    """Return what a contender needed, by size, without what it did not reach."""
    return {
        point["value"]: point[key]
        for point in points
        if point["name"] == name and point[key] is not None
    }


def product_seconds(n_rows: int, group: Group) -> float:
    """Seconds of the products alone: no activations, no optimizer, no order of rows."""
    n_units = group["settings"]["hidden_units"]
    # Each weight is multiplied and added forward and backward, and those of the second
    # layer once more, for the gradients of the hidden units.
    multiplications = 2 * N_FEATURES * n_units + 3 * n_units * N_CLASSES
    flops = group["settings"]["epochs"] * n_rows * 2 * multiplications
    return flops / group["machine"]["flops"]


def reading_seconds(n_rows: int, group: Group) -> float:
    """Seconds of reading the rows alone, one after the other."""
    n_bytes = n_rows * N_FEATURES
    if not is_mapped(n_rows, N_FEATURES):
        n_bytes *= np.dtype(np.float32).itemsize
    return group["settings"]["epochs"] * n_bytes / group["machine"]["bytes"]


def crossing(points: list[Point], key: str) -> float:
    """Return the number of rows from which ours is faster than `MLPClassifier`.

    It is 0 if ours is faster at every size that both were measured at, and infinite if
    it is slower at the largest.
    """
    ours = value_of(points, OURS, key)
    theirs = value_of(points, BEST_KNOWN, key)
    sizes = [size for size in ours if size in theirs]
    slower = [size for size in sizes if ours[size] >= theirs[size]]
    if not slower:
        return 0.0
    if slower[-1] == sizes[-1]:
        return math.inf

    below = slower[-1]
    above = sizes[sizes.index(below) + 1]
    # Between two sizes, the logarithm of the ratio is taken as a straight line.
    at_below, at_above = (
        math.log(ours[size] / theirs[size]) for size in (below, above)
    )
    share = at_below / (at_below - at_above)
    return math.exp((1 - share) * math.log(below) + share * math.log(above))


def in_words(n_rows: float) -> str:
    """Say from how many rows on something holds."""
    if n_rows == 0:
        return "at every size measured"
    if math.isinf(n_rows):
        return "at no size measured"
    digits = 1 - math.floor(math.log10(n_rows))
    return f"from about {round(n_rows, digits):,.0f} rows on"


def sentence(group: Group) -> str:
    """Say which is faster at how many rows."""
    whole = crossing(group["points"], "whole")
    warm = crossing(group["points"], "warm")
    units, epochs = group["settings"]["hidden_units"], group["settings"]["epochs"]
    text = (
        f"With {units} hidden units and {epochs} epochs, a whole script with {OURS}, "
        f"imports included, is faster than one with `{BEST_KNOWN}` {in_words(whole)}; "
        f"a second fit in the same process is faster {in_words(warm)}."
    )
    if 0 < whole < math.inf:
        text += f" With fewer rows, the script with `{BEST_KNOWN}` is faster."
    return text


def fill_in_sentence(results: dict[str, Group], path: Path) -> None:
    """Write the sentence between its marks in a page, unless it is of a trial."""
    if "rows" not in results or results["rows"]["is_quick"]:
        return
    text = path.read_text(encoding="utf-8")
    marks = r"(<!-- crossing -->).*?(<!-- /crossing -->)"
    new_text = sentence(results["rows"])
    path.write_text(re.sub(marks, rf"\g<1>{new_text}\g<2>", text), encoding="utf-8")


def write_tables(results: dict[str, Group], path: Path) -> None:
    """Write the sentence and the tables as Markdown."""
    parts = []
    if "rows" in results:
        group = results["rows"]
        parts += [sentence(group), _conditions(group)]
        parts += ["### Rows", _rows_table(group)]
        parts += ["### The physical limit", _limit_text(group), _limit_table(group)]

    for name, label in LABELS.items():
        if name in results and name != "rows":
            group = results[name]
            n_rows = group["settings"]["n_rows"]
            fits = f"a second fit to {n_rows:,} rows, in seconds"
            parts += [f"### {label.capitalize()}: {fits}", _group_table(group, label)]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _conditions(group: Group) -> str:
    settings, limits = group["settings"], group["limits"]
    trial = ""
    if group["is_quick"]:
        trial = "**A trial of small sizes, whose seconds are of no use.** "
    return (
        f"{trial}{group['conditions']}; Adam at 0.001, {settings['epochs']} epochs, "
        f"batches of {settings['batch_size']} and {settings['hidden_units']} hidden "
        "units, unless a table varies it. "
        f"A script is stopped after {limits['seconds']:.0f} s or at "
        f"{limits['gigabytes']} GB of its own memory, and larger sizes are left out. "
        "Up to 4 GB, rows are float32 from 0 to 1; beyond, `uint8` in a mapped file, "
        "whose pages are part of the peak and can be dropped. The images are MNIST's, "
        "shifted by up to two pixels each time that they are repeated."
    )


def _table(header: list[str], rows: list[list[str]], n_words: int = 0) -> str:
    """Write a table; numbers, all columns but the first `n_words`, end at the right."""
    rule = ["---"] * n_words + ["---:"] * (len(header) - n_words)
    lines = [header, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rows_table(group: Group) -> str:
    header = ["rows", "classifier", "whole script, s", "second fit, s", "peak, MB"]
    keys = ("whole", "warm", "peak_mb")
    rows = [
        [f"{point['value']:,}", point["name"], *(_number(point, key) for key in keys)]
        for point in group["points"]
    ]
    return _table(header, rows, n_words=2)


def _group_table(group: Group, label: str) -> str:
    points = group["points"]
    rows = []
    for value in dict.fromkeys(point["value"] for point in points):
        cells = dict.fromkeys(NAMES, "left out")
        for point in points:
            if point["value"] == value:
                cells[point["name"]] = _number(point, "warm")
        rows.append([f"{value:,}", *cells.values()])
    return _table([label, *NAMES], rows)


def _number(point: Point, key: str) -> str:
    """Write a number with three digits, or why there is none."""
    number = point[key]
    if number is None:
        return f"stopped: {point['stopped_by']}"
    digits = max(0, 2 - math.floor(math.log10(number)))
    return f"{number:,.{digits}f}"


def _limit_text(group: Group) -> str:
    machine = group["machine"]
    return (
        f"One product of the first layer in NumPy reaches {machine['flops'] / 1e9:.0f} "
        f"GFLOP/s here, and rows are read at {machine['bytes'] / 1e9:.1f} GB/s. The "
        "shares are those of a second fit. Rows of `uint8` are a quarter of the bytes."
    )


def _limit_table(group: Group) -> str:
    header = ["rows", "second fit, s", "products, s", "share", "reading, s", "share"]
    rows = []
    for n_rows, seconds in value_of(group["points"], OURS, "warm").items():
        cells = [f"{n_rows:,}", f"{seconds:.3f}"]
        for part in (product_seconds(n_rows, group), reading_seconds(n_rows, group)):
            cells += [f"{part:.4f}", f"{part / seconds:.0%}"]
        rows.append(cells)
    return _table(header, rows)


def draw(results: dict[str, Group], folder: Path) -> None:
    """Draw the figures, in light and in dark, on no ground of their own."""
    drawings: dict[str, Callable[[dict[str, Group]], plt.Figure]] = {}
    if "rows" in results:
        drawings["scale-rows"] = _draw_rows
    if not PANELS.isdisjoint(results):
        drawings["scale-settings"] = _draw_settings

    for theme, style in STYLES.items():
        for name, draw_one in drawings.items():
            with plt.style.context([style, {"svg.hashsalt": name, "font.size": 9}]):
                figure = draw_one(results)
                figure.savefig(
                    folder / f"{name}-{theme}.svg",
                    transparent=True,
                    metadata={"Date": None},
                )
                plt.close(figure)


def _draw_rows(results: dict[str, Group]) -> plt.Figure:
    """Draw the seconds of whole scripts and of second fits, and the physical limit."""
    group = results["rows"]
    figure, axes = plt.subplots(
        1, 2, figsize=(9, 4.2), layout="constrained", sharey=True
    )
    titles = {"whole": "A whole script", "warm": "A second fit in the same process"}
    for ax, (key, title) in zip(axes, titles.items(), strict=True):
        _draw_points(ax, group, key, "rows")
        _draw_limits(ax, group)
        n_rows = crossing(group["points"], key)
        verdict = f"{OURS} is faster than {BEST_KNOWN} {in_words(n_rows)}"
        ax.set_title(f"{title}:\n{verdict}", fontsize="medium")
        if 0 < n_rows < math.inf:
            ax.axvline(n_rows, color=COLORS[OURS], linewidth=0.8, linestyle=(0, (1, 2)))
    axes[0].set_ylabel("seconds")
    axes[0].set_ylim(bottom=1e-3)

    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    return figure


def _draw_settings(results: dict[str, Group]) -> plt.Figure:
    """Draw memory against rows, and second fits against the other settings."""
    panels = [name for name in LABELS if name in PANELS & set(results)]
    n_lines = math.ceil(len(panels) / 2)
    figure, axes = plt.subplots(
        n_lines, 2, figsize=(9, 3.2 * n_lines), layout="constrained", squeeze=False
    )
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)

    for ax, name in zip(axes.flat, panels, strict=False):
        group, label = results[name], LABELS[name]
        if name == "rows":
            _draw_points(ax, group, "peak_mb", label)
            ax.set_title("Peak memory of a whole script, MB")
        else:
            _draw_points(ax, group, "warm", label)
            n_rows = group["settings"]["n_rows"]
            ax.set_title(f"A second fit to {n_rows:,} rows, seconds")
            ax.set_xticks(sorted({point["value"] for point in group["points"]}))
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 3)))

    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _draw_points(ax: Axes, group: Group, key: str, label: str) -> None:
    """Draw a line for each contender, and a cross where it was stopped."""
    for name in NAMES:
        reached = value_of(group["points"], name, key)
        ax.loglog(
            list(reached),
            list(reached.values()),
            color=COLORS[name],
            marker=MARKERS[name],
            markersize=4,
            label=name,
        )
    for point in group["points"]:
        if point[key] is None and key != "peak_mb":
            limit = group["limits"]["seconds"]
            color = COLORS[point["name"]]
            ax.plot(point["value"], limit, "x", color=color, markersize=7)

    ax.set_xlabel(label)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
        axis.set_minor_locator(NullLocator())
    ax.grid(color="#8a8a8a", alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)


def _draw_limits(ax: Axes, group: Group) -> None:
    """Draw the seconds of the products alone and of reading alone."""
    sizes = sorted({point["value"] for point in group["points"]})
    lines = {
        "products alone": (product_seconds, "--"),
        "reading alone": (reading_seconds, ":"),
    }
    for label, (seconds, style) in lines.items():
        heights = [seconds(size, group) for size in sizes]
        ax.plot(sizes, heights, color="#8a8a8a", linestyle=style, label=label)
