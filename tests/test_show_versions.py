"""`show_versions` says what is installed, and imports none of it."""

from __future__ import annotations

import sys
from importlib.metadata import requires, version

from packaging.requirements import Requirement

from skmnist import _show_versions, show_versions

SECTIONS = ["System", "Packages", "Environment variables", "Threads", "TensorFlow"]


def test_versions_settings_threads_and_devices(capsys, monkeypatch):
    import tensorflow as tf

    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    assert show_versions() is None
    text = capsys.readouterr().out
    titles = [line for line in text.splitlines() if line.endswith(":")]
    assert [title.startswith(name) for title, name in zip(titles, SECTIONS, strict=True)] == (
        [True] * len(SECTIONS)
    )
    words = text.split()
    for name in ("skmnist", "keras", "scikit-learn"):
        assert words[words.index(name) + 1] == version(name)
    assert words[words.index("tensorflow") + 1] == tf.__version__
    assert words[words.index("TF_DETERMINISTIC_OPS") + 1] == "1"
    assert tf.config.list_physical_devices()[0].name in text
    assert sys.executable in text


def test_it_names_every_dependency():
    required = [Requirement(line) for line in requires("skmnist")]
    names = {
        requirement.name
        for requirement in required
        if requirement.marker is None or requirement.marker.evaluate({"extra": "distributed"})
    }
    assert names - {"skmnist"} <= set(_show_versions.PACKAGES)


def test_what_is_not_installed_is_said(capsys, monkeypatch):
    monkeypatch.setattr(_show_versions, "PACKAGES", ("skmnist", "no-such-package"))
    monkeypatch.delitem(sys.modules, "tensorflow")
    for name in _show_versions.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    show_versions()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "no-such-package  not installed" in lines
    assert lines[lines.index("Environment variables:") + 1] == "none"
    assert lines[lines.index("TensorFlow:") + 1] == "not imported"
