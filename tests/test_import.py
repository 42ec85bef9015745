"""Importing the classifier, which imports TensorFlow, prints nothing and leaves nothing behind."""

import os
import subprocess
import sys

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
