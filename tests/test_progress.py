"""What a training tells of its epochs while it goes on."""

from __future__ import annotations

import pytest
from rich.console import Console

from skmnist import SimpleMLPClassifier
from skmnist.network.progress import Progress


def fit(digits, **parameters):
    parameters = {"hidden_units": 6, "epochs": 3, "random_state": 0, **parameters}
    return SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)


@pytest.fixture
def told(digits, capsys):
    """What a fit with some parameters prints."""

    def told(**parameters):
        fit(digits, **parameters)
        return capsys.readouterr().out

    return told


def test_nothing_by_default(told):
    assert told() == ""


def test_a_file_gets_a_line_an_epoch(told):
    out = told(verbose=1)
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Epoch 1/3  loss ")
    assert "\x1b" not in out
    assert "\r" not in out


def test_long_trainings_get_at_most_a_screen(told):
    lines = told(verbose=1, epochs=200).splitlines()
    assert len(lines) <= 21
    assert lines[-1].startswith("Epoch 200/200")
    assert len(told(verbose=2, epochs=30).splitlines()) == 30


@pytest.mark.parametrize("has_widgets", [True, False])
def test_a_notebook_gets_lines_and_a_bar_only_with_widgets(monkeypatch, capsys, has_widgets):
    spec = "a spec" if has_widgets else None
    monkeypatch.setattr("skmnist.network.progress.find_spec", lambda name: spec)
    progress = Progress(0, 2, 10, verbose=1, console=Console(force_jupyter=True))
    assert progress.has_bar == has_widgets
    progress.end_epoch(0, {"loss": 1.0})
    assert capsys.readouterr().out == "Epoch 1/2  loss 1.0000\n"


def test_a_warm_start_counts_on(digits, capsys):
    classifier = fit(digits, verbose=2, warm_start=True, epochs=2)
    classifier.fit(digits.X, digits.y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/2", "2/2", "3/4", "4/4"]


def test_partial_fit_tells_of_its_epoch(digits, capsys):
    classifier = fit(digits, epochs=2, verbose=2).partial_fit(digits.X, digits.y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["Epoch", "1/2"],
        ["Epoch", "2/2"],
        ["Epoch", "3/3"],
    ]
    assert f"loss {classifier.loss_:.4f}" in lines[-1]
