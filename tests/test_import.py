"""Importing prints nothing and leaves nothing behind, and is of nothing that is not needed."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

FIT = """
import os
import numpy as np
from skmnist import SimpleMLPClassifier

X, y = np.eye(20), np.arange(20) % 2
SimpleMLPClassifier(epochs=2000).fit(X, y)  # long enough for XLA, which greets too
print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""
IMPORT = "import skmnist.classifier; print('imported')"


def run(code, log_level, **how):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if log_level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = log_level
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, **how
    )


@pytest.mark.parametrize("log_level", [None, "3"])
def test_nothing_is_printed(log_level):
    process = run(FIT, log_level)
    assert process.stderr == ""
    # What the user's other programs go by is as it was.
    assert process.stdout == f"{log_level}\n"


def test_everything_is_printed_to_who_wants_it():
    assert "TensorFlow" in run(IMPORT, "0").stderr


def test_errors_of_the_user_are_printed():
    assert "ZeroDivisionError" in run("import skmnist.classifier; 1 / 0", None).stderr


@pytest.mark.skipif(os.name == "nt", reason="the descriptors of a process are POSIX's")
def test_without_a_standard_error():
    code = f"import os; os.close(2); {IMPORT}"
    assert run(code, None).stdout == "imported\n"


HEAVY = [
    "PIL",
    "keras",
    "matplotlib",
    "mlxtend",
    "numpy",
    "pandas",
    "scipy",
    "skimage",
    "sklearn",
    "tensorflow",
]


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import skmnist; skmnist.show_versions()", []),
        (
            "from skmnist import DigitsDisplay, HiddenUnitsDisplay, SearchDisplay, TrainingDisplay",
            ["numpy", "pandas", "scipy", "sklearn"],
        ),
        ("from skmnist import load_mnist; load_mnist(return_X_y=True)", ["numpy"]),
        (
            "from skmnist import load_mnist; load_mnist()",
            ["numpy", "pandas", "scipy", "sklearn"],
        ),
        ("from skmnist import read_digit", ["numpy"]),
        (
            "from skmnist import read_digit; read_digit(sys.argv[1])",
            ["PIL", "numpy", "scipy", "skimage"],
        ),
    ],
)
def test_nothing_heavy_is_imported_that_is_not_needed(code, needed, monkeypatch):
    monkeypatch.delenv("SKMNIST_DATA", raising=False)
    code = f"import sys; {code}; print(sorted(set({HEAVY}) & sys.modules.keys()))"
    picture = Path(__file__).parent / "pictures" / "2-tiny.png"
    process = subprocess.run(
        [sys.executable, "-c", code, picture], capture_output=True, text=True, check=True
    )
    imported = ast.literal_eval(process.stdout.splitlines()[-1])
    assert set(imported) <= set(needed)
    assert process.stderr == ""
