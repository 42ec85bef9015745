"""Processes of their own, for tests with real signals and real limits."""

import json
import os
import signal
import subprocess
import sys

import pytest

# Background jobs are deaf to Ctrl-C, and so would be what they start.
PRELUDE = """
import json, os, resource, signal, sys, threading, time, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
DATA = """
import numpy as np
from sklearn.model_selection import GridSearchCV
from skmnist import SimpleMLPClassifier, load_mnist

digits = load_mnist("sample")
X, y = (digits.X_train[:300] / 255).astype(np.float32), digits.y_train[:300]
"""


def start(code, *arguments):
    """Start code in a process, and a group of processes, of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, *map(str, arguments)],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process, timeout=90):
    """Wait for a process; if it hangs, end it and whatever it has started."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"It hangs.\n{out}\n{err}")
    return process.returncode, out, err


def run(code, *arguments):
    """Run code in a new process and return what it printed on its last line, which is JSON."""
    status, out, err = end(start(code, *arguments))
    assert status == 0, err
    return json.loads(out.splitlines()[-1])
