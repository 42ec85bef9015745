"""Separate processes, for tests with real signals and real limits."""

import json
import os
import signal
import subprocess
import sys

import pytest

# Background jobs ignore Ctrl-C, and so do the processes that they start.
PRELUDE = """
import json, os, resource, signal, sys, threading, time, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
DATA = f"""{PRELUDE}
import numpy as np
from sklearn.model_selection import GridSearchCV
from skmnist import SimpleMLPClassifier, load_mnist

digits = load_mnist("sample")
X, y = (digits.X_train[:300] / 255).astype(np.float32), digits.y_train[:300]
"""


def start(code, *arguments):
    """Start code in a new process, and a new group of processes."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process, timeout=90):
    """Wait for a process; if it hangs, end it and the processes that it has started."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"It hangs.\n{out}\n{err}")
    return process.returncode, out, err


def run_python(code, *arguments):
    """Run code in a new process, and return the JSON on the last line of its output."""
    status, out, err = end(start(code, *arguments), timeout=300)
    assert status == 0, err
    return json.loads(out.splitlines()[-1])
