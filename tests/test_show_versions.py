"""`show_versions` prints what a bug report needs."""

from importlib.metadata import version

from skmnist import show_versions


def test_versions_variables_and_devices(capsys, monkeypatch):
    import tensorflow as tf

    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    monkeypatch.setenv("TF_VAR_password", "secret")
    assert show_versions() is None
    text = capsys.readouterr().out
    for name in ("skmnist", "keras", "tensorflow", "scikit-learn", "onnx"):
        assert f"  {name}: {version(name)}\n" in text
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
