"""`show_versions` prints what a bug report needs."""

from importlib.metadata import version

import pytest

from skmnist import show_versions


@pytest.mark.parametrize(
    "name", ["skmnist", "keras", "tensorflow", "scikit-learn", "onnx"]
)
def test_versions(capsys, name):
    show_versions()
    assert f"  {name}: {version(name)}\n" in capsys.readouterr().out


def test_variables_and_devices(capsys, monkeypatch):
    import tensorflow as tf

    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    monkeypatch.setenv("TF_VAR_password", "secret")
    assert show_versions() is None
    text = capsys.readouterr().out
    assert "OpenMP" in text  # sklearn.show_versions
    assert "  TF_DETERMINISTIC_OPS: 1\n" in text
    assert "secret" not in text
    assert tf.config.list_physical_devices()[0].name in text


def test_packages_that_are_not_installed_are_named(capsys, monkeypatch):
    monkeypatch.setattr(
        "skmnist._show_versions.requires", lambda name: ["no-such-package>=1"]
    )
    show_versions()
    assert "  no-such-package: not installed\n" in capsys.readouterr().out
