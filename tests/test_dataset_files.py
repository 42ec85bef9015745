"""load_mnist on files of arrays, and on files of other kinds."""

import gzip
import itertools
import pickle
import struct
import sys
import tarfile
import tracemalloc
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from skmnist import load_mnist

KEYS = ("images_train", "y_train", "images_test", "y_test")
NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
IDX_NAMES = (
    *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def small_arrays():
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (6, 5, 4), dtype=np.uint8),
        np.array([3, 8, 3, 8, 3, 61], dtype=np.uint8),
        rng.integers(0, 256, (2, 5, 4), dtype=np.uint8),
        np.array([8, 3], dtype=np.uint8),
    ]


def write_npz(path, arrays=None, save=np.savez, **changes):
    """Write arrays in Keras's layout, but for those in ``changes``; None leaves one out."""
    named = dict(zip(NPZ_NAMES, arrays or small_arrays(), strict=True)) | changes
    save(path, **{name: array for name, array in named.items() if array is not None})
    return path


def idx(array):
    kind = {"uint8": 8, "int32": 12}[array.dtype.name]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_idx(folder, arrays=None, packed=(False,) * 4, names=IDX_NAMES):
    """Write four IDX files, each gzipped or not."""
    for name, array, gz in zip(names, arrays or small_arrays(), packed, strict=True):
        path = folder / (f"{name}.gz" if gz else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(idx(array)) if gz else idx(array))
    return folder


def assert_holds(data, arrays):
    for key, array in zip(KEYS, arrays, strict=True):
        np.testing.assert_array_equal(data[key], array)
    for part in ("train", "test"):
        X, images = data[f"X_{part}"], data[f"images_{part}"]
        assert X.dtype == np.uint8
        assert X.shape == (len(images), images[0].size)
        assert X.flags.c_contiguous
        assert X.flags.writeable
        assert np.shares_memory(X, images)


@st.composite
def image_sets(draw, dtypes=("u1",), label_dtypes=("u1",)):
    """Four arrays: any size of image, any number, any order in memory."""
    size = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    arrays = []
    for _ in range(2):
        n = draw(st.integers(1, 5))
        pixels = hnp.arrays(draw(st.sampled_from(dtypes)), (n, *size), elements=st.integers(0, 255))
        arrays.append(np.asarray(draw(pixels), order=draw(st.sampled_from("CF"))))
        dtype = draw(st.sampled_from(label_dtypes))
        arrays.append(draw(hnp.arrays(dtype, n, elements=st.integers(0, 99))))
    return arrays


class TestNpz:
    @settings(max_examples=40, deadline=None)
    @given(
        arrays=image_sets(["u1", "<u2", ">i2", "<i8", ">u8"], ["u1", "i1", "<i4", ">i8", "<u8"]),
        save=st.sampled_from([np.savez, np.savez_compressed]),
    )
    def test_round_trip(self, folder, arrays, save):
        data = load_mnist(write_npz(folder / "any.npz", arrays, save))
        assert_holds(data, arrays)
        assert data.y_train.dtype == np.int64
        labels = sorted({*arrays[1].tolist(), *arrays[3].tolist()})
        assert list(data.target_names) == [str(label) for label in labels]

    def test_description_names_the_file_and_the_split(self, folder):
        data = load_mnist(write_npz(folder / "small.npz"))
        for word in ("small.npz", "5 x 4", "6 images to train", "2 to test"):
            assert word in data.DESCR

    def test_text_labels(self, folder):
        path = write_npz(folder / "small.npz", y_train=list("abcabc"), y_test=["c", "b"])
        assert load_mnist(path).y_train.tolist() == list("abcabc")

    def test_other_arrays_are_not_read(self, folder):
        # This one could not be: reading it would unpickle.
        path = write_npz(folder / "small.npz", notes=np.array([{}], dtype=object))
        assert_holds(load_mnist(path), small_arrays())

    def test_saving_what_was_loaded_under_the_same_name(self, folder):
        path = write_npz(folder / "again.npz")
        data = load_mnist(path)
        arrays = [data[key] for key in KEYS]
        write_npz(path, [255 - arrays[0], *arrays[1:]])
        assert_holds(data, small_arrays())
        assert_holds(load_mnist(path), [255 - arrays[0], *arrays[1:]])

    def test_wrong_arrays(self, folder):
        for changes, words in [
            ({"y_test": None}, "lacks y_test, and holds ['x_train', 'y_train', 'x_test']"),
            (
                {"x_train": np.zeros((6, 20), np.uint8)},
                "(6, 20) and the dtype uint8; expected one or more images",
            ),
            ({"x_test": np.zeros((0, 5, 4), np.uint8)}, "expected one or more images"),
            ({"x_test": np.zeros((2, 4, 5), np.uint8)}, "5 x 4 pixels, x_test in"),
            (
                {"x_train": np.zeros((6, 5, 4))},
                "and the dtype float64; expected one or more images",
            ),
            ({"x_train": np.full((6, 5, 4), 256)}, "has values from 256 to 256"),
            ({"x_train": np.full((6, 5, 4), -1)}, "has values from -1 to -1"),
            (
                {"y_train": np.arange(5)},
                "(5,) and the dtype int64; expected a label for each image",
            ),
            (
                {"y_test": np.array([0.0, 1.0])},
                "float64; expected a label for each image, text or integers",
            ),
            (
                {"y_test": np.array([0, 2**63], np.uint64)},
                "uint64; expected a label for each image, text or integers below",
            ),
            ({"y_test": np.array([{}, []], dtype=object)}, "Object arrays cannot be loaded"),
        ]:
            path = write_npz(folder / "wrong.npz", **changes)
            with pytest.raises(ValueError, match=r"wrong\.npz'.*(expected|size)") as caught:
                load_mnist(path)
            assert words in str(caught.value)

    def test_headers_that_claim_something_else(self, folder):
        for shape, size, method, words in [
            (
                (2**40, 28, 28),
                0,
                zipfile.ZIP_STORED,
                "has 0 bytes, but claims the shape (1099511627776, 28, 28)",
            ),
            ((2**15, 2**8, 2**8), 2**31, zipfile.ZIP_DEFLATED, "more than the file can hold"),
            (
                (6, 5, 4),
                140,
                zipfile.ZIP_STORED,
                "has 140 bytes, but claims the shape (6, 5, 4)",
            ),
            ((-6, 5, -4), 120, zipfile.ZIP_STORED, "claims the shape (-6, 5, -4)"),
        ]:
            path = write_npz(folder / "wrong.npz", x_train=None)
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            with zipfile.ZipFile(path, "a", method) as archive:
                with archive.open("x_train.npy", "w") as member:
                    np.lib.format.write_array_header_1_0(member, header)
                    member.write(bytes(min(size, 200)))
                if size > 200:
                    archive.getinfo("x_train.npy").file_size += size
            tracemalloc.start()
            with pytest.raises(ValueError, match=r"wrong\.npz' cannot be read") as caught:
                load_mnist(path)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert words in str(caught.value)
            assert peak < 1e6

    @settings(max_examples=60, deadline=None)
    @given(
        where=st.floats(0, 1, exclude_max=True),
        bit=st.integers(0, 8),
        save=st.sampled_from([np.savez, np.savez_compressed]),
    )
    def test_one_flipped_bit_or_truncated_anywhere(self, folder, where, bit, save):
        path = write_npz(folder / "damaged.npz", save=save)
        content = bytearray(path.read_bytes())
        at = int(where * len(content))
        if bit == 8:
            del content[at:]
        else:
            content[at] ^= 1 << bit
        path.write_bytes(content)
        # Some bits, such as those of a date, say nothing about the arrays.
        try:
            data = load_mnist(path)
        except ValueError as error:
            assert "damaged.npz" in str(error)  # noqa: PT017
        else:
            assert_holds(data, small_arrays())

    @pytest.mark.slow
    def test_all_of_mnist(self, mnist_npz, sample):
        data = load_mnist(mnist_npz)
        assert data.X_train.shape == (60_000, 784)
        np.testing.assert_array_equal(
            np.bincount(data.y_test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
        )
        # The sample is from the training set.
        official_test = {row.tobytes() for row in data.X_test}
        assert not any(row.tobytes() in official_test for row in sample.X_test)


class TestIdx:
    @settings(max_examples=40, deadline=None)
    @given(arrays=image_sets(), packed=st.tuples(*[st.booleans()] * 4), dots=st.booleans())
    def test_round_trip(self, tmp_path_factory, arrays, packed, dots):
        names = [name.replace("-idx", ".idx") for name in IDX_NAMES] if dots else IDX_NAMES
        folder = write_idx(tmp_path_factory.mktemp("idx"), arrays, packed, names)
        assert_holds(load_mnist(folder), arrays)

    @pytest.mark.parametrize(
        ("split", "labels", "names"),
        [
            ("letters", [0, 1, 26, 27], ["0", "A", "Z", "27"]),  # 0 and 27 are not EMNIST's
            ("balanced", [9, 10, 35, 36, 46], ["9", "A", "Z", "a", "t"]),
        ],
    )
    def test_emnist_comes_upright_with_the_names_of_characters(
        self, tmp_path, split, labels, names
    ):
        labels = np.array(labels, np.uint8)
        images = np.arange(len(labels) * 6, dtype=np.uint8).reshape(-1, 3, 2)
        arrays = [images.swapaxes(1, 2), labels] * 2
        write_idx(tmp_path, arrays, names=emnist(split))
        data = load_mnist(tmp_path)
        assert_holds(data, [images, labels] * 2)
        assert list(data.target_names) == names
        assert "Cohen" in data.DESCR

    def test_one_of_several_splits(self, tmp_path):
        write_idx(tmp_path, names=emnist("letters"))
        write_idx(tmp_path, [a[:2] for a in small_arrays()], names=emnist("digits"))
        assert load_mnist(tmp_path / "emnist-letters").X_train.shape == (6, 20)
        assert load_mnist(tmp_path / "emnist-digits").X_train.shape == (2, 20)
        with pytest.raises(ValueError, match=r"more than one set .*'emnist-digits-test-.*belong"):
            load_mnist(tmp_path)
        with pytest.raises(FileNotFoundError, match="emnist-balanced"):
            load_mnist(tmp_path / "emnist-balanced")

    def test_qmnist(self, tmp_path):
        arrays = small_arrays()
        labels = [np.c_[a, np.full((len(a), 7), 99)].astype(np.int32) for a in arrays[1::2]]
        names = [
            f"qmnist-{part}-{kind}"
            for part in ("train", "test")
            for kind in ("images-idx3-ubyte", "labels-idx2-int")
        ]
        write_idx(tmp_path, [arrays[0], labels[0], arrays[2], labels[1]], names=names)
        assert_holds(load_mnist(tmp_path), arrays)

    def test_nested_folders(self, tmp_path):
        """As torchvision and Kaggle have them."""
        write_idx(tmp_path / "MNIST" / "raw", names=[f"{name}/{name}" for name in IDX_NAMES])
        for root in ("MNIST/raw", "MNIST", "."):
            assert_holds(load_mnist(tmp_path / root), small_arrays())
        write_idx(tmp_path / "FashionMNIST" / "raw")
        with pytest.raises(ValueError, match=r"'FashionMNIST/raw/.*', 'MNIST/raw/.*' belong"):
            load_mnist(tmp_path)

    def test_of_a_file_packed_and_unpacked_the_latter_is_read(self, tmp_path):
        write_idx(tmp_path, packed=[True] * 4)
        for path in list(tmp_path.iterdir())[:3]:
            path.rename(path.with_suffix(""))  # browsers unpack, or do not, and leave the name
        write_idx(tmp_path)
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
        assert_holds(load_mnist(tmp_path), small_arrays())

    def test_missing_files(self, tmp_path):
        write_idx(tmp_path)
        (tmp_path / "train-labels-idx1-ubyte").unlink()
        with pytest.raises(ValueError, match=r"has no train labels \(it holds 't10k-images-idx3-u"):
            load_mnist(tmp_path)
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(small_arrays()[1]))
        (tmp_path / "test-images-idx3-ubyte").write_bytes(idx(small_arrays()[2]))
        names = "'t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte', 'test-images-idx3-ubyte'"
        with pytest.raises(
            ValueError, match=rf"has several files for one part \(it holds .*{names}"
        ):
            load_mnist(tmp_path)
        with pytest.raises(ValueError, match=r"is one IDX file of four, whose folder loads"):
            load_mnist(tmp_path / "t10k-labels-idx1-ubyte")

    def test_wrong_images(self, tmp_path):
        for gz, (content, words) in itertools.product(
            (False, True),
            [
                (b"", "begins with b''"),
                (b"\0\0\x0d\x03" + bytes(12), r"begins with b'.*\\r\\x03', not with"),
                (b"\0\0\x08\x01" + bytes(12), r"begins with b'.*\\x08\\x01', not with"),
                (b"\0\0\x08\x03" + bytes(11), "unpack requires a buffer of 12 bytes"),
                (
                    b"\0\0\x08\x03" + bytes(12),
                    r"\(0, 0, 0\) and the dtype uint8; expected one or more",
                ),
                (b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28), "more than the file can"),
                (
                    b"\0\0\x08\x03" + struct.pack(">3I", 6, 5, 4) + bytes(119),
                    "not hold the 120 bytes",
                ),
                (
                    b"\0\0\x08\x03" + struct.pack(">3I", 6, 5, 4) + bytes(10**7),
                    "not hold the 120 bytes",
                ),
            ],
        ):
            folder = write_idx(tmp_path / str(gz), packed=[gz, False, False, False])
            path = next(folder.glob("train-images*"))
            path.write_bytes(gzip.compress(content) if gz else content)
            tracemalloc.start()
            with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.*{words}"):
                load_mnist(folder)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 2e7

    def test_checksum_of_gzip(self, tmp_path):
        write_idx(tmp_path, packed=[True] * 4)
        path = tmp_path / "t10k-labels-idx1-ubyte.gz"
        content = bytearray(path.read_bytes())
        content[-8] ^= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"t10k-labels.*cannot be read .*CRC check failed"):
            load_mnist(tmp_path)


def emnist(split):
    return [f"emnist-{split}-{name.replace('t10k', 'test')}" for name in IDX_NAMES]


@pytest.fixture(scope="module")
def others(folder, sample):
    """Files of other kinds that hold 100 digits, if they hold any."""
    X, y = sample.X_test[:100], sample.y_test[:100]
    arrays = dict(zip(NPZ_NAMES, (X.reshape(-1, 28, 28), y) * 2, strict=True))
    frame = pd.DataFrame(X).assign(label=y)
    files = {
        "mnist.pkl": pickle.dumps(arrays),
        "mnist.pkl.gz": gzip.compress(pickle.dumps(arrays, protocol=0)),
        "x_train.npy": b"\x93NUMPY\x01\x00",
        "train-00000-of-00001.parquet": b"PAR1 and so on",
        "unknown": bytes(range(256)),
        "mnist.tar.xz": b"\xfd7zXZ\0",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    scipy.io.savemat(folder / "mnist-original.mat", {"data": X.T, "label": y[np.newaxis]})
    with h5py.File(folder / "mnist.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array
    names = "".join(f"@ATTRIBUTE pixel{i} REAL\n" for i in range(784))
    rows = "".join(",".join(map(str, [*x, label])) + "\n" for x, label in zip(X, y, strict=True))
    classes = "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}"
    text = f"% from OpenML\n@RELATION mnist_784\n{names}{classes}\n@DATA\n{rows}"
    (folder / "mnist_784.arff").write_text(text)
    Image.fromarray(arrays["x_train"][0]).save(folder / "digit.png")
    frame.to_csv(folder / "mnist.csv", index=False)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.write(folder / "mnist.csv", "mnist_train.csv")
        archive.write(folder / "mnist.csv", "mnist_test.csv")
    with tarfile.open(folder / "archive.tar.gz", "w:gz") as archive:
        archive.add(folder / "mnist.csv", "mnist.csv")
    return folder


def test_other_kinds_of_files(others):
    for name, words in [
        ("mnist.pkl", "is a pickle, which can run any program"),
        ("mnist.pkl.gz", "is a pickle, which can run any program"),
        ("x_train.npy", "is a single NumPy array"),
        ("train-00000-of-00001.parquet", "pandas.read_parquet("),
        ("unknown", "it holds NUL bytes"),
        ("mnist.tar.xz", "shutil.unpack_archive("),
        ("mnist.h5", "h5py.File("),
        ("digit.png", "read_digit("),
        ("archive.tar.gz", "shutil.unpack_archive("),
    ]:
        with pytest.raises(ValueError, match=r"^'/.*' (is|cannot be read) ") as caught:
            load_mnist(others / name)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "name", ["mnist-original.mat", "mnist_784.arff", "archive.zip", "pictures"]
)
def test_the_lines_of_a_message_make_what_loads(others, name, tmp_path, monkeypatch, sample):
    if name == "pictures":
        for i, label in enumerate(sample.y_test[:100]):
            path = others / name / "all" / str(label) / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(sample.images_test[i]).save(path)
    with pytest.raises(ValueError, match=r"is an?") as caught:
        load_mnist(others / name)
    monkeypatch.chdir(tmp_path)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    modules = "io, pathlib, shutil, numpy as np, pandas, PIL.Image, scipy.io"
    setup = f"import {modules}\nfrom skmnist import load_mnist\n"
    exec(setup + "from sklearn.model_selection import train_test_split\n" + "\n".join(lines), {})
    made = next(path for path in tmp_path.iterdir())
    data = load_mnist(made)
    rows = {bytes(row) for row in sample.X_test[:100]}
    assert all(bytes(row) in rows for row in data.X_train)
    assert {str(label) for label in data.y_train} == set("0123456789")


def test_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    (tmp_path / "train-images-idx3-ubyte").mkdir()
    with pytest.raises(ValueError, match=r"without a known set of images \(it holds 'notes.txt', "):
        load_mnist(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="devices of POSIX")
def test_not_a_regular_file():
    with pytest.raises(ValueError, match="is not a regular file; expected"):
        load_mnist("/dev/zero")
