"""How cost grows is measured, and its tables and figures show what was measured.

The figures of a quick run are of no use; that there are some is what counts here.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "examples" / "benchmarks"
CONTENDERS = ("skmnist", "MLPClassifier", "KerasClassifier")

needs_linux = pytest.mark.skipif(
    not (shutil.which("prlimit") and shutil.which("taskset")),
    reason="scale.py limits and pins its scripts with prlimit and taskset",
)


def run(*arguments, into):
    return subprocess.run(
        [sys.executable, BENCHMARKS / "scale.py", "--into", into, *arguments],
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture
def pages(monkeypatch):
    """The module that writes the pages, as the scripts beside it import it."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import scale_pages

    return scale_pages


@pytest.mark.slow
@needs_linux
def test_a_quick_run_fits_each_contender_and_writes_tables_and_figures(tmp_path):
    run("--quick", "--only", "rows", "cores", into=tmp_path)

    results = json.loads((tmp_path / "scale.json").read_text())
    assert set(results) == {"rows", "cores"}
    for group in results.values():
        assert {point["name"] for point in group["points"]} == set(CONTENDERS)
        for point in group["points"]:
            assert point["stopped_by"] is None
            assert 0 < point["warm"] < point["whole"]
            assert point["peak_mb"] > 10

    page = (tmp_path / "benchmarks-scale.md").read_text()
    for point in results["rows"]["points"]:
        assert f"| {point['value']:,} | {point['name']} |" in page
    assert "### Cores" in page
    for theme in ("light", "dark"):
        assert "<svg" in (tmp_path / f"scale-rows-{theme}.svg").read_text()


@pytest.mark.slow
@needs_linux
def test_a_script_is_stopped_at_the_limit_and_larger_sizes_are_left_out(tmp_path):
    run("--quick", "--only", "classes", "--limit", "0.1", into=tmp_path)

    points = json.loads((tmp_path / "scale.json").read_text())["classes"]["points"]
    assert [point["name"] for point in points] == list(CONTENDERS)
    assert {point["stopped_by"] for point in points} == {"time"}
    page = (tmp_path / "benchmarks-scale.md").read_text()
    assert re.search(r"\| 2 \|( stopped: time \|){3}", page)


def points(name, seconds):
    return [
        {"name": name, "value": size, "whole": value}
        for size, value in zip((100, 1_000, 10_000, 100_000), seconds, strict=True)
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ((4, 4, 4, 4), (1, 2, 8, 64), math.sqrt(1_000 * 10_000)),
        ((1, 1, 1, 1), (2, 2, 2, 2), 0.0),
        ((3, 3, 3, 3), (2, 2, 2, 2), math.inf),
        # Beyond what the other was stopped at, nothing is compared.
        ((4, 4, 4, 4), (1, 2, 8, None), math.sqrt(1_000 * 10_000)),
        # From the last crossing on: between two it is faster by chance.
        ((4, 1, 4, 4), (2, 2, 2, 8), math.sqrt(10_000 * 100_000)),
    ],
)
def test_the_crossing_is_where_the_lines_meet(pages, ours, theirs, expected):
    both = points("skmnist", ours) + points("MLPClassifier", theirs)
    assert pages.crossing(both, "whole") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [
        (0.0, "at every size measured"),
        (math.inf, "at no size measured"),
        (31_622.8, "from about 32,000 rows on"),
    ],
)
def test_the_crossing_in_words(pages, n_rows, expected):
    assert pages.in_words(n_rows) == expected


@pytest.mark.parametrize("is_quick", [False, True])
def test_the_sentence_of_a_page_is_not_that_of_a_trial(pages, tmp_path, is_quick):
    group = {"is_quick": is_quick, "settings": {"hidden_units": 32, "epochs": 3}}
    group["points"] = [
        {**point, "warm": point["whole"]}
        for point in points("skmnist", (4, 4, 4, 4))
        + points("MLPClassifier", (1, 2, 8, 64))
    ]
    before = "Fast. <!-- crossing -->As before.<!-- /crossing --> [More](more.md)."
    page = tmp_path / "README.md"
    page.write_text(before)

    pages.fill_in_sentence({"rows": group}, page)

    after = page.read_text()
    assert ("from about 3,200 rows on" in after) != is_quick
    assert ("As before." in after) == is_quick
    assert after.endswith("<!-- /crossing --> [More](more.md).")
