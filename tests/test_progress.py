"""The progress of a fit, as it is printed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from skmnist import SimpleMLPClassifier


def fit(digits, **parameters):
    parameters = {"hidden_units": 6, "epochs": 3, "random_state": 0, **parameters}
    return SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)


@pytest.fixture
def printed(digits, capsys):
    """What a fit with some parameters prints."""

    def printed(**parameters):
        fit(digits, **parameters)
        return capsys.readouterr().out

    return printed


def test_nothing_by_default(printed):
    assert printed() == ""


def test_a_file_gets_a_line_an_epoch(printed):
    out = printed(verbose=1)
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Epoch 1/3  loss ")
    assert "\x1b" not in out
    assert "\r" not in out


def test_many_epochs_get_at_most_a_screen(printed):
    lines = printed(verbose=1, epochs=200).splitlines()
    assert len(lines) <= 21
    assert lines[-1].startswith("Epoch 200/200")
    assert len(printed(verbose=2, epochs=30).splitlines()) == 30


def test_a_warm_start_and_partial_fit_count_on(digits, capsys):
    classifier = fit(digits, verbose=2, warm_start=True, epochs=2)
    classifier.fit(digits.X, digits.y).partial_fit(digits.X, digits.y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/2", "2/2", "3/4", "4/4", "5/5"]
    assert f"loss {classifier.loss_:.4f}" in lines[-1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")
def test_a_terminal_gets_a_bar_that_moves_and_goes():
    import pty

    code = """
from skmnist import SimpleMLPClassifier, load_mnist
digits = load_mnist("sample")
SimpleMLPClassifier(epochs=3, verbose=1).fit(digits.X_train, digits.y_train)
print("after")
"""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=terminal,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(master, 10_000)
        except OSError:  # so ends a terminal on Linux
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    # Redrawn in place, and nothing of it is left below what is printed next.
    assert "\x1b[" in text
    assert "━" in text or "%" in text
    assert "━" not in text.rpartition("after")[2]
