"""load_mnist on files of arrays, and on files of other kinds."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import re
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from sklearn.datasets import dump_svmlight_file

from skmnist import load_mnist
from tests.message_lines import lines_of, pairs

# Few small images may be of any levels.
pytestmark = pytest.mark.filterwarnings("ignore:.*not on MNIST's scale:UserWarning")

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
    """Write arrays in Keras's layout, changed by ``changes``; None leaves one out."""
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
        pixels = hnp.arrays(
            draw(st.sampled_from(dtypes)), (n, *size), elements=st.integers(0, 255)
        )
        arrays.append(np.asarray(draw(pixels), order=draw(st.sampled_from("CF"))))
        dtype = draw(st.sampled_from(label_dtypes))
        arrays.append(draw(hnp.arrays(dtype, n, elements=st.integers(0, 99))))
    return arrays


WRONG_ARRAYS = {
    "one is missing": (
        {"y_test": None},
        "lacks y_test, and holds ['x_train', 'y_train', 'x_test']",
    ),
    "rows": (
        {"x_train": np.zeros((6, 20), np.uint8)},
        "(6, 20) and the dtype uint8; expected one or more images",
    ),
    "no images": (
        {"x_test": np.zeros((0, 5, 4), np.uint8)},
        "expected one or more images",
    ),
    "two sizes": ({"x_test": np.zeros((2, 4, 5), np.uint8)}, "5 x 4 pixels, x_test in"),
    "floats": (
        {"x_train": np.zeros((6, 5, 4))},
        "and the dtype float64; expected one or more images",
    ),
    "256": ({"x_train": np.full((6, 5, 4), 256)}, "has values from 256 to 256"),
    "-1": ({"x_train": np.full((6, 5, 4), -1)}, "has values from -1 to -1"),
    "too few labels": (
        {"y_train": np.arange(5)},
        "(5,) and the dtype int64; expected a label for each image",
    ),
    "float labels": (
        {"y_test": np.array([0.0, 1.0])},
        "float64; expected a label for each image, text or integers",
    ),
    "large labels": (
        {"y_test": np.array([0, 2**63], np.uint64)},
        "uint64; expected a label for each image, text or integers below",
    ),
    "Python objects": (
        {"y_test": np.array([{}, []], dtype=object)},
        "Object arrays cannot be loaded",
    ),
}
WRONG_CLAIMS = {
    "far too many": (
        (2**40, 28, 28),
        0,
        zipfile.ZIP_STORED,
        "has 0 bytes, but claims the shape (1099511627776, 28, 28)",
    ),
    "more than deflate can": (
        (2**15, 2**8, 2**8),
        2**31,
        zipfile.ZIP_DEFLATED,
        "more than the file can hold",
    ),
    "too few": (
        (6, 5, 4),
        140,
        zipfile.ZIP_STORED,
        "has 140 bytes, but claims the shape (6, 5, 4)",
    ),
    "negative": ((-6, 5, -4), 120, zipfile.ZIP_STORED, "claims the shape (-6, 5, -4)"),
}


class TestNpz:
    @settings(max_examples=40, deadline=None)
    @given(
        arrays=image_sets(
            ["u1", "<u2", ">i2", "<i8", ">u8"], ["u1", "i1", "<i4", ">i8", "<u8"]
        ),
        save=st.sampled_from([np.savez, np.savez_compressed]),
    )
    def test_round_trip(self, folder, arrays, save):
        data = load_mnist(write_npz(folder / "any.npz", arrays, save))
        assert_holds(data, arrays)
        assert data.y_train.dtype == np.int64
        labels = sorted({*arrays[1].tolist(), *arrays[3].tolist()})
        assert list(data.target_names) == [str(label) for label in labels]

    def test_description_names_the_file_and_the_split(self, folder):
        description = load_mnist(write_npz(folder / "small.npz")).DESCR
        assert "small.npz" in description
        assert "5 x 4" in description
        assert "6 images to train" in description
        assert "2 to test" in description

    def test_text_labels(self, folder):
        path = write_npz(
            folder / "small.npz", y_train=list("abcabc"), y_test=["c", "b"]
        )
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

    @pytest.mark.parametrize("kind", WRONG_ARRAYS)
    def test_wrong_arrays(self, folder, kind):
        changes, words = WRONG_ARRAYS[kind]
        path = write_npz(folder / "wrong.npz", **changes)
        with pytest.raises(ValueError, match=r"wrong\.npz'.*(expected|size)") as caught:
            load_mnist(path)
        assert words in str(caught.value)

    @pytest.mark.parametrize(
        "change",
        [
            lambda images, labels: (images[..., np.newaxis], labels),
            lambda images, labels: (images.reshape(len(images), -1), labels),
            lambda images, labels: (images / 255, labels),
            lambda images, labels: (images.astype(np.uint16) * 257, labels),
            lambda images, labels: (images, labels[:, np.newaxis]),
        ],
        ids=["channels last", "rows", "floats", "16 bits", "labels in a column"],
    )
    def test_the_lines_read_arrays_of_other_shapes_and_types(
        self, tmp_path, X, y, change, line_runner
    ):
        images, labels = change(X.reshape(-1, 28, 28), y)
        path = tmp_path / "other.npz"
        np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
        with pytest.raises(ValueError, match="These lines read it") as caught:
            load_mnist(path)
        assert line_runner.run(lines_of(caught.value)) == pairs(X, y)

    @pytest.mark.parametrize("kind", WRONG_CLAIMS)
    def test_headers_that_claim_something_else(self, folder, kind):
        shape, size, method, words = WRONG_CLAIMS[kind]
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
            np.bincount(data.y_test),
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        )
        # The sample is from the training set.
        official_test = {row.tobytes() for row in data.X_test}
        assert not any(row.tobytes() in official_test for row in sample.X_test)


IMAGES = b"\0\0\x08\x03"
WRONG_IDX = {
    "empty": (b"", "begins with b''"),
    "floats": (b"\0\0\x0d\x03" + bytes(12), r"begins with b'.*\\r\\x03', not with"),
    "one dimension": (
        b"\0\0\x08\x01" + bytes(12),
        r"begins with b'.*\\x08\\x01', not with",
    ),
    "half a header": (IMAGES + bytes(11), "unpack requires a buffer of 12 bytes"),
    "no images": (
        IMAGES + bytes(12),
        r"\(0, 0, 0\) and the dtype uint8; expected one or more",
    ),
    "far too many": (
        IMAGES + struct.pack(">3I", 2**32 - 1, 28, 28),
        "more than the file can",
    ),
    "a byte too few": (
        IMAGES + struct.pack(">3I", 6, 5, 4) + bytes(119),
        "not hold the 120 bytes",
    ),
    "far more than claimed": (
        IMAGES + struct.pack(">3I", 6, 5, 4) + bytes(10**7),
        "not hold the 120 bytes",
    ),
}


class TestIdx:
    @settings(max_examples=40, deadline=None)
    @given(
        arrays=image_sets(), packed=st.tuples(*[st.booleans()] * 4), dots=st.booleans()
    )
    def test_round_trip(self, tmp_path_factory, arrays, packed, dots):
        names = (
            [name.replace("-idx", ".idx") for name in IDX_NAMES] if dots else IDX_NAMES
        )
        folder = write_idx(tmp_path_factory.mktemp("idx"), arrays, packed, names)
        assert_holds(load_mnist(folder), arrays)

    @pytest.mark.parametrize(
        ("split", "labels", "names"),
        [
            (
                "letters",
                [0, 1, 26, 27],
                ["0", "A", "Z", "27"],
            ),  # 0 and 27 are not EMNIST's
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
        with pytest.raises(FileNotFoundError, match="emnist-balanced"):
            load_mnist(tmp_path / "emnist-balanced")

    def test_qmnist(self, tmp_path):
        arrays = small_arrays()
        labels = [
            np.c_[a, np.full((len(a), 7), 99)].astype(np.int32) for a in arrays[1::2]
        ]
        names = [
            f"qmnist-{part}-{kind}"
            for part in ("train", "test")
            for kind in ("images-idx3-ubyte", "labels-idx2-int")
        ]
        write_idx(tmp_path, [arrays[0], labels[0], arrays[2], labels[1]], names=names)
        assert_holds(load_mnist(tmp_path), arrays)

    @pytest.mark.parametrize("root", ["MNIST/raw", "MNIST", "."])
    def test_nested_folders(self, tmp_path, root):
        """As torchvision and Kaggle have them."""
        write_idx(
            tmp_path / "MNIST" / "raw", names=[f"{name}/{name}" for name in IDX_NAMES]
        )
        assert_holds(load_mnist(tmp_path / root), small_arrays())

    def test_of_a_file_packed_and_unpacked_the_latter_is_read(self, tmp_path):
        write_idx(tmp_path, packed=[True] * 4)
        # Some browsers unpack a file and keep its name, others do not.
        for path in list(tmp_path.iterdir())[:3]:
            path.rename(path.with_suffix(""))
        write_idx(tmp_path)
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
        assert_holds(load_mnist(tmp_path), small_arrays())

    def test_missing_files(self, tmp_path):
        write_idx(tmp_path)
        (tmp_path / "train-labels-idx1-ubyte").unlink()
        with pytest.raises(
            ValueError, match=r"has no train labels \(it holds 't10k-images-idx3-u"
        ):
            load_mnist(tmp_path)
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(small_arrays()[1]))
        (tmp_path / "test-images-idx3-ubyte").write_bytes(idx(small_arrays()[2]))
        names = (
            "'t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte', "
            "'test-images-idx3-ubyte'"
        )
        with pytest.raises(
            ValueError, match=rf"has several files for one part \(it holds .*{names}"
        ):
            load_mnist(tmp_path)
        with pytest.raises(ValueError, match="has several files for one part"):
            load_mnist(tmp_path / "t10k-labels-idx1-ubyte")

    @pytest.mark.parametrize("name", IDX_NAMES)
    def test_one_file_of_four(self, tmp_path, name):
        write_idx(tmp_path)
        assert_holds(load_mnist(tmp_path / name), small_arrays())

    def test_a_file_of_another_name(self, tmp_path):
        (tmp_path / "digits-ubyte").write_bytes(idx(small_arrays()[0]))
        with pytest.raises(
            ValueError, match="one IDX file of four, whose folder loads"
        ):
            load_mnist(tmp_path / "digits-ubyte")

    @pytest.mark.parametrize("gz", [False, True], ids=["plain", "gzipped"])
    @pytest.mark.parametrize("kind", WRONG_IDX)
    def test_wrong_images(self, tmp_path, kind, gz):
        content, words = WRONG_IDX[kind]
        folder = write_idx(tmp_path, packed=[gz, False, False, False])
        path = next(folder.glob("train-images*"))
        path.write_bytes(gzip.compress(content) if gz else content)
        tracemalloc.start()
        with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.*{words}"):
            load_mnist(folder)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2e7

    def test_a_packed_file_beside_the_unpacked_one(self, tmp_path):
        write_idx(tmp_path)
        path = tmp_path / f"{IDX_NAMES[0]}.gz"
        path.write_bytes(gzip.compress(idx(small_arrays()[0])))
        with pytest.raises(
            ValueError, match="one IDX file of four, whose folder loads"
        ):
            load_mnist(path)

    def test_missing_files_of_a_chosen_split(self, tmp_path):
        write_idx(tmp_path, names=emnist("letters"))
        (tmp_path / emnist("letters")[0]).unlink()
        with pytest.raises(ValueError, match="emnist-letters' has no train images"):
            load_mnist(tmp_path / "emnist-letters")

    def test_checksum_of_gzip(self, tmp_path):
        write_idx(tmp_path, packed=[True] * 4)
        path = tmp_path / "t10k-labels-idx1-ubyte.gz"
        content = bytearray(path.read_bytes())
        content[-8] ^= 1
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"t10k-labels.*cannot be read .*CRC check failed"
        ):
            load_mnist(tmp_path)


def emnist(split):
    return [f"emnist-{split}-{name.replace('t10k', 'test')}" for name in IDX_NAMES]


@pytest.fixture(scope="module", name="X")
def pixels(sample):
    """The pixels of 100 digits."""
    return sample.X_test[:100]


@pytest.fixture(scope="module", name="y")
def labels(sample):
    """The labels of 100 digits."""
    return sample.y_test[:100]


def table(X, y):
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(784)])
    return frame.assign(label=y)


def csv(X, y):
    return table(X, y).to_csv(index=False).encode()


def arrays(X, y):
    images = X.reshape(-1, 28, 28)
    return dict(zip(NPZ_NAMES, (images, y, images[:1], y[:1]), strict=True))


def matlab(path, X, y):
    scipy.io.savemat(path, {"data": X.T, "label": y[np.newaxis]})


def matlab_of_images(path, X, y):
    scipy.io.savemat(
        path, {"labels": y, "digits": X.reshape(-1, 28, 28).transpose(1, 2, 0)}
    )


def matlab_of_rows(path, X, y):
    scipy.io.savemat(path, {"fea": X, "gnd": y[:, np.newaxis]})


def matlab_of_emnist(path, X, y):
    swapped = X.reshape(-1, 28, 28).transpose(0, 2, 1).reshape(X.shape)
    part = {"images": swapped, "labels": y[:, np.newaxis], "writers": y[:, np.newaxis]}
    scipy.io.savemat(
        path, {"dataset": {"train": part, "test": part, "mapping": np.eye(2)}}
    )


def hdf5(path, X, y):
    with h5py.File(path, "w") as file:
        for name, array in arrays(X, y).items():
            file[name] = array


def arff(path, X, y):
    names = "".join(f"@ATTRIBUTE pixel{i} REAL\n" for i in range(784))
    rows = "".join(
        ",".join(map(str, [*x, label])) + "\n" for x, label in zip(X, y, strict=True)
    )
    classes = "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}"
    path.write_text(
        f"% from OpenML\n@RELATION mnist_784\n{names}{classes}\n@DATA\n{rows}"
    )


def zipped(path, X, y):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/digits.csv", csv(X, y))


def zipped_pair(path, X, y):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mnist_train.csv", csv(X[:80], y[:80]))
        archive.writestr("mnist_test.csv", csv(X[80:], y[80:]))


def tarred(mode):
    def write(path, X, y):
        with tarfile.open(path, mode) as archive:
            content = csv(X, y)
            info = tarfile.TarInfo("digits.csv")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))

    return write


def svmlight(path, X, y):
    dump_svmlight_file(X.astype(float), y, str(path), zero_based=False)


def json_records(path, X, y):
    records = [
        {"label": int(k), "pixels": x.tolist()} for x, k in zip(X, y, strict=True)
    ]
    path.write_text(json.dumps(records))


def json_lines(path, X, y):
    table(X, y).to_json(path, orient="records", lines=True)


def json_columns(path, X, y):
    table(X, y).to_json(path, orient="records")


def json_arrays(path, X, y):
    path.write_text(
        json.dumps({"labels": y.tolist(), "images": X.tolist(), "note": "MNIST"})
    )


def pickled_as_deep_learning_net(path, X, y):
    path.write_bytes(
        gzip.compress(pickle.dumps(((X / np.float32(255), y), (X, y), (X, y))))
    )


def pickled(path, X, y):
    path.write_bytes(pickle.dumps(arrays(X, y)))


def other_arrays(path, X, y):
    np.savez(path, train_images=X.reshape(-1, 28, 28), train_labels=y[:, np.newaxis])


def separate(first, second):
    """Two files in the folder of the first, each by a function that writes one."""

    def write(path, X, y):
        first[1](path.with_name(first[0]), X.reshape(-1, 28, 28))
        second[1](path.with_name(second[0]), y)

    return write


def save_rows(path, X, **options):
    pd.DataFrame(X.reshape(len(X), -1)).to_csv(
        path, **{"index": False, "header": False} | options
    )


def save_rows_with_names(path, X):
    save_rows(path, X, index=True, header=True)


def save_array(path, X):
    np.save(path, X)


def save_zipped_array(path, X):
    np.savez_compressed(path, X)


def pictures(path, X, y):
    for i, (x, label) in enumerate(zip(X, y, strict=True)):
        picture = path / "all" / str(label) / f"{i}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(x.reshape(28, 28)).save(picture)


def content(make):
    """Write what a function makes of the digits."""
    return lambda path, X, y: path.write_bytes(make(X, y))


# A name, a function that writes a file of that name, and words of the message.
OTHER_KINDS = {
    "MATLAB": ("mnist-original.mat", matlab, "a MATLAB file"),
    "MATLAB, other names": ("digits.mat", matlab_of_images, "a MATLAB file"),
    "MATLAB, rows": ("digits.mat", matlab_of_rows, "a MATLAB file"),
    "MATLAB of EMNIST": ("emnist-digits.mat", matlab_of_emnist, "a MATLAB file"),
    "HDF5": ("mnist.h5", hdf5, "an HDF5 file"),
    "ARFF": ("mnist_784.arff", arff, "an ARFF file"),
    "zip": ("archive.zip", zipped, "an archive"),
    "zip by another name": ("digits", zipped, "an archive"),
    "zip of a pair": ("archive.zip", zipped_pair, "an archive"),
    "tar": ("archive.tar", tarred("w"), "an archive"),
    "tar by another name": ("digits.csv", tarred("w"), "an archive"),
    "tar.gz": ("archive.tar.gz", tarred("w:gz"), "an archive"),
    "tar.gz by another name": ("digits.bin", tarred("w:gz"), "an archive"),
    "tar.bz2": ("archive.tar.bz2", tarred("w:bz2"), "packed with bzip2"),
    "tar.xz": ("archive.tar.xz", tarred("w:xz"), "packed with xz"),
    "bzip2": (
        "digits.csv.bz2",
        content(lambda X, y: bz2.compress(csv(X, y))),
        "packed with bzip2",
    ),
    "bzip2 by another name": (
        "digits",
        content(lambda X, y: bz2.compress(csv(X, y))),
        "packed with bzip2",
    ),
    "xz": (
        "digits.csv.xz",
        content(lambda X, y: lzma.compress(csv(X, y))),
        "packed with xz",
    ),
    "UTF-16": (
        "digits.csv",
        content(lambda X, y: csv(X, y).decode().encode("utf-16")),
        "text in UTF-16",
    ),
    "UTF-16, gzipped": (
        "digits.csv.gz",
        content(lambda X, y: gzip.compress(csv(X, y).decode().encode("utf-16"))),
        "text in UTF-16",
    ),
    "UTF-16 without a mark": (
        "digits.csv",
        content(lambda X, y: csv(X, y).decode().encode("utf-16-le")),
        "text in UTF-16",
    ),
    "UTF-32": (
        "digits.csv",
        content(lambda X, y: csv(X, y).decode().encode("utf-32")),
        "text in UTF-32",
    ),
    "gzipped twice": (
        "digits.csv.gz",
        content(lambda X, y: gzip.compress(gzip.compress(csv(X, y)))),
        "gzipped twice",
    ),
    "svmlight": ("mnist.scale", svmlight, "in the format of svmlight"),
    "JSON, records with a list": ("digits.json", json_records, "JSON"),
    "JSON, records with names": ("digits.json", json_columns, "JSON"),
    "JSON, split": (
        "digits.json",
        lambda path, X, y: table(X, y).to_json(path, orient="split"),
        "JSON",
    ),
    "JSON, by column": (
        "digits.json",
        lambda path, X, y: table(X, y).to_json(path),
        "JSON",
    ),
    "JSON, a record a line": ("digits.jsonl", json_lines, "JSON"),
    "JSON, arrays": ("digits.txt", json_arrays, "JSON"),
    "pickle of deeplearning.net": (
        "mnist.pkl.gz",
        pickled_as_deep_learning_net,
        "a pickle",
    ),
    "other arrays": ("digits.npz", other_arrays, "lacks x_train"),
    "X_train.npy": (
        "X_train.npy",
        separate(("X_train.npy", save_array), ("y_train.npy", save_array)),
        "a single NumPy array",
    ),
    "KMNIST's arrays": (
        "kmnist-train-imgs.npz",
        separate(
            ("kmnist-train-imgs.npz", save_zipped_array),
            ("kmnist-train-labels.npz", save_zipped_array),
        ),
        "lacks x_train",
    ),
    "X_train.csv": (
        "X_train.csv",
        separate(
            ("X_train.csv", save_rows_with_names), ("y_train.csv", save_rows_with_names)
        ),
        "has pixels and no labels, which are in another file",
    ),
    "train_labels.csv": (
        "train_labels.csv",
        separate(("train_images.csv", save_rows), ("train_labels.csv", save_rows)),
        "a single column",
    ),
    "pictures": ("pictures", pictures, "a folder of pictures"),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_the_lines_of_a_message_read_a_file_of_another_kind(
    kind, tmp_path, X, y, line_runner
):
    name, write, words = OTHER_KINDS[kind]
    write(tmp_path / name, X, y)
    with pytest.raises(
        ValueError, match=re.escape(repr(str(tmp_path / name)))
    ) as caught:
        load_mnist(tmp_path / name)
    assert words in str(caught.value)
    assert line_runner.run(lines_of(caught.value)) == pairs(X, y)


SEPARATE_FILES = {
    "X_train.csv and y_train.csv": {
        "X_train.csv": save_rows_with_names,
        "y_train.csv": save_rows_with_names,
    },
    "train_images.npy and train_labels.npy": {
        "train_images.npy": save_array,
        "train_labels.npy": save_array,
    },
    "images.csv and labels.csv": {"images.csv": save_rows, "labels.csv": save_rows},
    "KMNIST's": {
        "kmnist-train-imgs.npz": save_zipped_array,
        "kmnist-train-labels.npz": save_zipped_array,
    },
    "x_train.tsv and y_train.npy": {
        "x_train.tsv": lambda path, X: save_rows(path, X, sep="\t"),
        "y_train.npy": save_array,
    },
}


@pytest.mark.parametrize("kind", SEPARATE_FILES)
def test_images_and_labels_in_separate_files(kind, tmp_path, X, y, line_runner):
    for (name, save), array in zip(SEPARATE_FILES[kind].items(), (X, y), strict=True):
        save(tmp_path / name, array)
        if "train" in name:
            save(tmp_path / name.replace("train", "test"), array[:10])
    with pytest.raises(
        ValueError, match="holds images and labels in separate files"
    ) as caught:
        load_mnist(tmp_path)
    assert line_runner.run(lines_of(caught.value)) == pairs(X, y)


@pytest.mark.parametrize(
    "name", ["images_of_cats.csv", "my-images.csv", "ImageId,Label.csv"]
)
def test_names_that_say_more_are_no_pair(name, tmp_path, X, y):
    save_rows(tmp_path / name, X)
    save_rows(tmp_path / "labels.csv", y)
    with pytest.raises(ValueError, match="without a known set of images"):
        load_mnist(tmp_path)


@pytest.mark.parametrize(
    "options", [{"index": True, "header": True}, {}], ids=["index", "none"]
)
def test_pixels_alone_are_read_by_the_line(tmp_path, X, options):
    save_rows(tmp_path / "digits.csv", X, **options)
    with pytest.raises(ValueError, match="it has pixels and no labels") as caught:
        load_mnist(tmp_path / "digits.csv")
    namespace = {}
    exec("\n".join(lines_of(caught.value)), namespace)
    np.testing.assert_array_equal(namespace["X"], X)


def test_a_damaged_file_of_labels(tmp_path, X):
    save_rows(tmp_path / "X_train.csv", X)
    (tmp_path / "y_train.csv").write_bytes(b"\xff\n")
    with pytest.raises(
        ValueError, match="images and labels in separate files"
    ) as caught:
        load_mnist(tmp_path)
    assert f"y = pandas.read_csv({str(tmp_path / 'y_train.csv')!r})" in str(
        caught.value
    )


def test_a_workbook(tmp_path, X, y, line_runner, monkeypatch):
    """Without the package that reads workbooks: pandas's function is a stand-in."""
    with zipfile.ZipFile(tmp_path / "digits.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    monkeypatch.setattr(pd, "read_excel", lambda path: table(X, y))
    with pytest.raises(ValueError, match="is an Excel workbook") as caught:
        load_mnist(tmp_path / "digits.xlsx")
    assert line_runner.run(lines_of(caught.value)) == pairs(X, y)


class Tensor:
    """The methods of a PyTorch tensor that the lines call."""

    def __init__(self, array):
        self.array = array

    def numpy(self):
        return self.array


@pytest.mark.parametrize("is_zip", [True, False])
def test_tensors_of_pytorch(tmp_path, X, y, is_zip, line_runner, monkeypatch):
    path = tmp_path / "training.pt"
    if is_zip:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("training/data.pkl", "")
    else:
        path.write_bytes(b"\x8a\nl\xfc\x9cF")

    def load(given, weights_only):
        assert (given, weights_only) == (str(path), True)
        return Tensor(X), Tensor(y)

    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(load=load))
    with pytest.raises(ValueError, match="is a file of PyTorch's") as caught:
        load_mnist(path)
    assert line_runner.run(lines_of(caught.value)) == pairs(X, y)


@pytest.mark.parametrize("has_pictures", [True, False])
def test_parquet(tmp_path, X, y, has_pictures, line_runner, monkeypatch):
    """Without the package that reads Parquet: pandas's function is a stand-in."""
    path = tmp_path / "train-00000-of-00001.parquet"
    path.write_bytes(
        b"PAR1 ... image bytes path label" if has_pictures else b"PAR1 ... label"
    )
    frame = table(X, y)
    if has_pictures:
        files = [io.BytesIO() for _ in X]
        for file, x in zip(files, X, strict=True):
            Image.fromarray(x.reshape(28, 28)).save(file, "PNG")
        images = [{"bytes": file.getvalue(), "path": None} for file in files]
        frame = pd.DataFrame({"image": images, "label": y})
    monkeypatch.setattr(pd, "read_parquet", lambda path: frame)
    with pytest.raises(ValueError, match="is a Parquet file") as caught:
        load_mnist(path)
    assert line_runner.run(lines_of(caught.value)) == pairs(X, y)


POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)


@pytest.mark.parametrize(
    "name", ["mnist.csv", "mnist.npz", "mnist.csv.gz", "mnist.mat", "idx"]
)
def test_pointers_of_git_lfs(tmp_path, X, y, name, line_runner, monkeypatch):
    source = path = tmp_path / name
    if name == "idx":
        write_idx(tmp_path, arrays=list(arrays(X, y.astype(np.uint8)).values()))
        source, path = tmp_path, tmp_path / IDX_NAMES[2]
    whole = path.read_bytes() if name == "idx" else csv(X, y)
    path.write_bytes(POINTER)
    with pytest.raises(ValueError, match="a pointer of Git LFS") as caught:
        load_mnist(source)
    assert repr(str(path)) in str(caught.value)

    def pull(arguments, cwd, check):
        assert arguments == ["git", "lfs", "pull"]
        assert cwd == str(tmp_path)
        path.write_bytes(whole)

    monkeypatch.setattr(subprocess, "run", pull)
    if name in ("mnist.csv", "idx"):
        assert set(pairs(X, y)) == set(line_runner.run(lines_of(caught.value)))


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE html>\n<html>", "\n\n<html lang='en'>", "\ufeff<HTML>", "<?xml"]
)
def test_web_pages_in_place_of_files(tmp_path, text):
    (tmp_path / "mnist.csv").write_text(text, encoding="utf-8")
    with pytest.raises(
        ValueError, match="HTML or XML, such as a web page in place of a file"
    ):
        load_mnist(tmp_path / "mnist.csv")


@pytest.mark.parametrize(
    ("name", "write", "words"),
    [
        ("mnist.pkl", pickled, "is a pickle, which can run any program"),
        ("mnist.bin", pickled, "is a pickle, which can run any program"),
        ("digits.joblib", pickled, "joblib.load("),
        ("digits.npy", lambda path, X, y: np.save(path, X), "a single NumPy array"),
        ("digits.h5", lambda path, X, y: path.write_bytes(b"\x89HDF"), "h5py.File("),
        (
            "digits.mat",
            lambda path, X, y: path.write_bytes(b"damaged"),
            "scipy.io.loadmat(",
        ),
        ("one.mat", lambda path, X, y: scipy.io.savemat(path, {"a": X}), "loadmat("),
        ("digits.json", lambda path, X, y: path.write_text('{"a": 1}'), "json.load("),
        (
            "digits.json",
            lambda path, X, y: path.write_text('{"a": [[1]], "b": []}'),
            "json.load(",
        ),
        (
            "unknown",
            lambda path, X, y: path.write_bytes(bytes(range(256))),
            "it holds NUL bytes",
        ),
        (
            "digits.tar.xz",
            lambda path, X, y: path.write_bytes(b"\xfd7zXZ\0"),
            "unpack_archive(",
        ),
        (
            "digits.7z",
            lambda path, X, y: path.write_bytes(b"7z\xbc\xaf'\x1c"),
            "with 7-Zip",
        ),
        ("digit.png", lambda path, X, y: path.write_bytes(b"\x89PNG"), "read_digit("),
        ("digits.npz", lambda path, X, y: np.savez(path, a=X, b=y), "print("),
        ("digits.json", lambda path, X, y: path.write_text("[1, 2"), "json.load("),
    ],
)
def test_other_kinds_of_files(tmp_path, X, y, name, write, words):
    write(tmp_path / name, X, y)
    with pytest.raises(
        ValueError, match=r"^'/.*' (is|cannot be read|lacks) "
    ) as caught:
        load_mnist(tmp_path / name)
    assert words in str(caught.value)


def test_a_picture_is_read_by_its_line(tmp_path, X, monkeypatch):
    path = tmp_path / "digit.png"
    Image.fromarray(X[0].reshape(28, 28)).save(path)
    with pytest.raises(
        ValueError, match="is a picture, of which read_digit reads one"
    ) as caught:
        load_mnist(path)
    namespace = {}
    exec("\n".join(lines_of(caught.value)), namespace)
    assert namespace["digit"].shape == (28, 28)


def test_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    (tmp_path / "train-images-idx3-ubyte").mkdir()
    with pytest.raises(
        ValueError, match=r"without a known set of images \(it holds 'notes.txt', "
    ):
        load_mnist(tmp_path)


def test_folder_of_one_table(tmp_path, X, y, line_runner):
    (tmp_path / "digits.csv").write_bytes(csv(X, y))
    with pytest.raises(ValueError, match="without a known set of images") as caught:
        load_mnist(tmp_path)
    assert line_runner.run(lines_of(caught.value)) == pairs(X, y)


@pytest.mark.skipif(sys.platform == "win32", reason="devices of POSIX")
def test_not_a_regular_file():
    with pytest.raises(ValueError, match="is not a regular file; expected"):
        load_mnist("/dev/zero")


class TestSeveralSets:
    """Each line of the message loads one of the sets."""

    def few(self, X, y, n):
        """The arrays of n digits to train and one to test."""
        images = X.reshape(-1, 28, 28)
        return [images[:n], y[:n].astype(np.uint8), images[:1], y[:1].astype(np.uint8)]

    def write(self, folder, X, y, n, kind, begin=""):
        folder.mkdir(parents=True, exist_ok=True)
        images, labels, *test = self.few(X, y, n)
        if kind == "npz":
            write_npz(folder / f"{begin}.npz", [images, labels, *test])
        elif kind == "idx":
            names = [f"{begin}{name}" for name in IDX_NAMES]
            if begin:
                names = [name.replace("t10k", "test") for name in names]
                images, test[0] = images.transpose(0, 2, 1), test[0].transpose(0, 2, 1)
            write_idx(folder, [images, labels, *test], names=names)
        else:
            (folder / f"{begin}train.csv").write_bytes(csv(X[:n], y[:n]))
            (folder / f"{begin}test.csv").write_bytes(csv(X[:1], y[:1]))

    @pytest.mark.parametrize(
        "sets",
        [
            [("", "idx", ""), ("", "table", "")],
            [("", "idx", ""), ("", "table", "mnist_")],
            [("", "npz", "mnist"), ("fashion-mnist", "idx", "")],
            [("", "npz", "mnist"), ("", "table", "mnist_"), ("", "npz", "kmnist")],
            [
                ("", "idx", "emnist-letters-"),
                ("", "idx", "emnist-digits-"),
                ("", "idx", ""),
            ],
            [("MNIST/raw", "idx", ""), ("FashionMNIST/raw", "idx", "")],
            [
                ("", "table", ""),
                ("", "table", "fashion-mnist_"),
                ("", "table", "mnist_"),
            ],
            [("", "idx", ""), ("raw", "table", "a-"), ("raw", "table", "b-")],
            [("", "table", "mnist_"), ("mnist", "npz", "digits")],
        ],
        ids=lambda sets: ", ".join(
            f"{folder}/{begin}{kind}" for folder, kind, begin in sets
        ),
    )
    def test_are_chosen_by_the_lines(self, tmp_path, X, y, sets, line_runner):
        for n, (folder, kind, begin) in enumerate(sets, start=20):
            self.write(tmp_path / folder, X, y, n, kind, begin)
        with pytest.raises(
            ValueError, match="holds more than one set of images"
        ) as caught:
            load_mnist(tmp_path)
        found = [line_runner.run([line]) for line in lines_of(caught.value)]
        counts = range(20, 20 + len(sets))
        expected = [
            sorted([*pairs(X[:n], y[:n]), *pairs(X[:1], y[:1])]) for n in counts
        ]
        assert sorted(found) == sorted(expected)

    @pytest.mark.parametrize("kind", ["npz", "idx", "table"])
    def test_one_is_loaded_from_the_folder(self, tmp_path, X, y, kind):
        self.write(tmp_path / "below", X, y, 20, kind, "mnist" if kind == "npz" else "")
        (tmp_path / "below" / "notes.csv").write_text("a,b\n1,2\n")
        np.savez(tmp_path / "other.npz", a=1)
        assert len(load_mnist(tmp_path).X_train) == 20

    @pytest.mark.parametrize("pattern", ["*.csv", "t*"])
    def test_a_pattern_that_matches_no_set_or_two(self, tmp_path, X, y, pattern):
        self.write(tmp_path, X, y, 20, "idx")
        if pattern == "t*":
            self.write(tmp_path, X, y, 20, "table")
        with pytest.raises(FileNotFoundError, match="there is no such file"):
            load_mnist(tmp_path / pattern)
