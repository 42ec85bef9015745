"""load_mnist on files as MNIST, its successors and Kaggle have them: round trips and refusals."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from joblib import Parallel, delayed

from skmnist import load_mnist

ROLES = ("train-images", "train-labels", "t10k-images", "t10k-labels")
KEYS = ("images_train", "y_train", "images_test", "y_test")


def write_idx(folder, arrays, packed=(False,) * 4, mark="-", begin="", test="t10k"):
    """Write four IDX files, each gzipped or not."""
    for role, array, gz in zip(ROLES, arrays, packed, strict=True):
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        content = header + array.astype(np.uint8).tobytes()
        name = f"{begin}{role.replace('t10k', test)}{mark}idx{array.ndim}-ubyte"
        path = folder / (f"{name}.gz" if gz else name)
        path.write_bytes(gzip.compress(content) if gz else content)
    return folder


def write_csv(path, images, labels, header=""):
    rows = [",".join(map(str, [y, *x.ravel()])) for x, y in zip(images, labels, strict=True)]
    path.write_text("\n".join([*([header] if header else []), *rows]) + "\n")
    return path


def small_arrays(height=5, width=4):
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (6, height, width), dtype=np.uint8),
        np.array([3, 8, 3, 8, 3, 61], dtype=np.uint8),
        rng.integers(0, 256, (2, height, width), dtype=np.uint8),
        np.array([8, 3], dtype=np.uint8),
    ]


def assert_holds(data, arrays):
    for key, array in zip(KEYS, arrays, strict=True):
        np.testing.assert_array_equal(data[key], array)
        assert data[key].dtype == (np.uint8 if "images" in key else np.int64)
    for part in ("train", "test"):
        assert data[f"X_{part}"].flags.c_contiguous
        assert data[f"X_{part}"].flags.writeable
        assert np.shares_memory(data[f"X_{part}"], data[f"images_{part}"])


@st.composite
def image_sets(draw, square=False):
    height = draw(st.integers(1, 7))
    width = height if square else draw(st.integers(1, 7))
    arrays = []
    for _ in range(2):
        n = draw(st.integers(1, 5))
        arrays.append(draw(hnp.arrays(np.uint8, (n, height, width))))
        arrays.append(draw(hnp.arrays(np.uint8, n)))
    return arrays


class TestIdx:
    @settings(max_examples=60, deadline=None)
    @given(arrays=image_sets(), packed=st.tuples(*[st.booleans()] * 4), mark=st.sampled_from("-."))
    def test_round_trip(self, tmp_path_factory, arrays, packed, mark):
        folder = write_idx(tmp_path_factory.mktemp("idx"), arrays, packed, mark)
        data = load_mnist(folder)
        assert_holds(data, arrays)
        assert list(data.target_names) == [
            str(label) for label in sorted({*arrays[1].tolist(), *arrays[3].tolist()})
        ]

    @settings(max_examples=30, deadline=None)
    @given(arrays=image_sets(), packed=st.tuples(*[st.booleans()] * 4))
    def test_emnist_is_turned_upright(self, tmp_path_factory, arrays, packed):
        turned = [a.swapaxes(1, 2) if a.ndim == 3 else a for a in arrays]
        folder = tmp_path_factory.mktemp("emnist")
        write_idx(folder, turned, packed, begin="emnist-byclass-", test="test")
        data = load_mnist(folder)
        assert_holds(data, arrays)
        assert "Cohen" in data.DESCR

    @pytest.mark.parametrize(
        ("split", "labels", "names"),
        [
            ("letters", [1, 26], ["A", "Z"]),
            ("balanced", [9, 10, 35, 36, 46], ["9", "A", "Z", "a", "t"]),
            ("bymerge", [38, 40], ["d", "f"]),
            ("byclass", [36, 61], ["a", "z"]),
            ("digits", [0, 9], ["0", "9"]),
            ("letters", [0, 27], ["0", "27"]),  # not EMNIST's, but no reason to refuse them
        ],
    )
    def test_emnist_labels_have_the_names_of_characters(self, tmp_path, split, labels, names):
        images, labels = np.zeros((len(labels), 2, 2), np.uint8), np.array(labels)
        arrays = [images, labels, images, labels]
        write_idx(tmp_path, arrays, begin=f"emnist-{split}-", test="test")
        assert list(load_mnist(tmp_path).target_names) == names

    def test_one_of_several_splits(self, tmp_path):
        letters, digits = small_arrays(3, 3), small_arrays(2, 2)
        write_idx(tmp_path, letters, begin="emnist-letters-", test="test")
        write_idx(tmp_path, digits, begin="emnist-digits-", test="test")
        assert load_mnist(tmp_path / "emnist-letters").X_train.shape == (6, 9)
        assert load_mnist(tmp_path / "emnist-digits").X_train.shape == (6, 4)
        with pytest.raises(ValueError, match=r"emnist-digits-\.\.\., emnist-letters-\.\.\.; expec"):
            load_mnist(tmp_path)
        with pytest.raises(FileNotFoundError, match="emnist-balanced"):
            load_mnist(tmp_path / "emnist-balanced")

    def test_of_a_file_packed_and_unpacked_the_latter_is_read(self, tmp_path):
        write_idx(tmp_path, small_arrays(), packed=[True] * 4)
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
        write_idx(tmp_path, small_arrays())
        assert_holds(load_mnist(tmp_path), small_arrays())

    def test_what_it_is_counts_not_the_name(self, tmp_path):
        # Browsers unpack, or do not, and leave the name as it was.
        write_idx(tmp_path, small_arrays(), packed=[True] * 4)
        for path in list(tmp_path.iterdir()):
            path.rename(path.with_suffix(""))
        assert_holds(load_mnist(tmp_path), small_arrays())

    def test_mapped_images_never_change_the_file(self, tmp_path):
        write_idx(tmp_path, small_arrays())
        load_mnist(tmp_path).X_train[:] = 0
        assert_holds(load_mnist(tmp_path), small_arrays())

    def test_workers_see_what_was_written_to_mapped_images(self, tmp_path):
        # joblib sends an array mapped by NumPy as the name of its file.
        write_idx(tmp_path, small_arrays())
        X = load_mnist(tmp_path).X_train
        X[:] = 7
        assert Parallel(n_jobs=2, max_nbytes=1)(delayed(np.unique)(X) for _ in range(2))[0] == [7]

    def test_unpacked_images_take_no_memory_until_used(self, tmp_path):
        images = np.zeros((20_000, 28, 28), np.uint8)  # 15.7 MB
        labels = np.arange(20_000) % 10
        write_idx(tmp_path, [images, labels, images[:10], labels[:10]])
        load_mnist(tmp_path, train_size=20, random_state=0)  # imports
        tracemalloc.start()
        data = load_mnist(tmp_path, train_size=1000, random_state=0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert data.X_train.nbytes == 784_000
        assert peak < 4e6

    @pytest.mark.parametrize("missing", ROLES)
    @pytest.mark.parametrize("begin", ["", "emnist-letters-"])
    def test_missing_file(self, tmp_path, missing, begin):
        write_idx(tmp_path, small_arrays(), begin=begin, test="test")
        missing = missing.replace("t10k", "test")
        next(tmp_path.glob(f"{begin}{missing}*")).unlink()
        with pytest.raises(ValueError, match=f"lacks {begin}{missing}-idx.-ubyte .it holds"):
            load_mnist(tmp_path)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "begins with b''"),
            (b"\0\0\x08", "is no IDX file"),
            (b"PK\x03\x04", "is no IDX file"),
            (b"\0\0\x0d\x03" + bytes(12), "holds floats of 4 bytes"),
            (b"\0\0\x01\x03" + bytes(12), "unknown type 0x01"),
            (b"\0\0\x08\x01" + bytes(12), "holds an array of 1 dimensions; expected .* images"),
            (b"\0\0\x08\x03" + bytes(11), "ends within its header"),
            (b"\0\0\x08\x03" + bytes(12), r"\(0, 0, 0\); expected one or more images"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28), "asks for 3,367,254,359,296"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 6, 5, 4) + bytes(119), "is 135 bytes .* 136"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 6, 5, 4) + bytes(121), "is 137 bytes .* 136"),
        ],
    )
    def test_wrong_images(self, tmp_path, content, words):
        write_idx(tmp_path, small_arrays())
        (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
        with pytest.raises(ValueError, match=f"train-images-idx3-ubyte'.*{words}"):
            load_mnist(tmp_path)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28), "promises 3,367,254,359,280"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 6, 5, 4) + bytes(119), "ends after 119 of"),
            (b"\0\0\x08\x03" + struct.pack(">3I", 6, 5, 4) + bytes(10**7), "is longer than"),
            (gzip.compress(b"\0\0\x08\x03"), "is gzipped twice; unpack it once"),
        ],
    )
    def test_wrong_images_in_gzip(self, tmp_path, content, words):
        write_idx(tmp_path, small_arrays(), packed=[True] * 4)
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
        with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.gz'.*{words}"):
            load_mnist(tmp_path)

    def test_checksum_of_gzip(self, tmp_path):
        write_idx(tmp_path, small_arrays(), packed=[True] * 4)
        path = tmp_path / "t10k-labels-idx1-ubyte.gz"
        content = bytearray(path.read_bytes())
        content[-8] ^= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"t10k-labels.*is damaged: CRC check failed"):
            load_mnist(tmp_path)

    def test_labels_of_other_images(self, tmp_path):
        arrays = small_arrays()
        write_idx(tmp_path, [arrays[0], arrays[3], arrays[2], arrays[1]])
        with pytest.raises(ValueError, match=r"train-labels.*\(2,\); expected one label .*\(6,\)"):
            load_mnist(tmp_path)

    def test_images_of_two_sizes(self, tmp_path):
        write_idx(tmp_path, [*small_arrays(5, 4)[:2], *small_arrays(4, 5)[2:]])
        with pytest.raises(ValueError, match=r"train-images.*5 x 4 .*t10k-images.*4 x 5"):
            load_mnist(tmp_path)

    def test_one_file_of_the_four(self, tmp_path):
        write_idx(tmp_path, small_arrays(), packed=[True, False, False, False])
        for path in tmp_path.iterdir():
            with pytest.raises(ValueError, match=r"is one file of a set.*a folder with"):
                load_mnist(path)


class TestCsv:
    @settings(max_examples=40, deadline=None)
    @given(arrays=image_sets(square=True), named=st.booleans(), fashion=st.booleans())
    def test_pair_round_trip(self, tmp_path_factory, arrays, named, fashion):
        folder = tmp_path_factory.mktemp("csv")
        begin = "fashion-mnist" if fashion else "mnist"
        header = ",".join(["label", *(f"pixel{i}" for i in range(arrays[0][0].size))])
        for part, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
            write_csv(folder / f"{begin}_{part}.csv", images, labels, header if named else "")
        assert_holds(load_mnist(folder), arrays)

    def test_the_header_may_say_the_size(self, tmp_path):
        arrays = small_arrays(5, 4)
        names = [f"{i}x{j}" for i in range(1, 6) for j in range(1, 5)]
        header = ",".join(["label", *names])
        write_csv(tmp_path / "mnist_train.csv", *arrays[:2], header)
        write_csv(tmp_path / "mnist_test.csv", *arrays[2:], header)
        assert_holds(load_mnist(tmp_path), arrays)

    def test_more_rows_than_are_parsed_at_once(self, tmp_path):
        rng = np.random.default_rng(0)
        images, labels = rng.integers(0, 256, (9000, 2, 2)), rng.integers(0, 10, 9000)
        path = write_csv(tmp_path / "mnist_train.csv", images, labels, "label,1x1,1x2,2x1,2x2")
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([*lines[:5000], "\n" * 10_000, *lines[5000:]]))
        write_csv(tmp_path / "mnist_test.csv", images[:3], labels[:3])
        assert_holds(load_mnist(tmp_path), [images, labels, images[:3], labels[:3]])

    def test_alone_the_last_fifth_of_each_label_tests(self, tmp_path):
        labels = np.array([7] * 11 + [4] * 4 + [7] + [2] * 5)
        images = np.arange(len(labels)).repeat(4).reshape(-1, 2, 2)
        data = load_mnist(write_csv(tmp_path / "train.csv", images, labels))
        # Of twelve times 7 the last two, of four times 4 none, of five times 2 the last.
        assert data.images_test[:, 0, 0].tolist() == [10, 15, 20]
        assert data.images_train[:, 0, 0].tolist() == [*range(10), 11, 12, 13, 14, 16, 17, 18, 19]
        assert data.y_test.tolist() == [7, 7, 2]
        assert "last fifth" in data.DESCR

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "has no first row"),
            ("label,1x1\n", "has no first row"),
            ("1\n", "has 0 pixels"),
            ("1,2,3\n", "has 2 pixels, which make no square image"),
            ("label,1x1,2x1\n1,2\n", "last column is called 2x1, and its rows have 1"),
            ("1,256\n", "'256' to uint8 at row 0, column 2"),
            ("1,-1\n", "'-1' to uint8"),
            ("1,0.5\n", "'0.5' to uint8"),
            ("0.5,0.5\n1,2\n", "'0.5' to uint8"),
            ("1,\n", "'' to uint8"),
            ("1,two\n", "'two' to uint8"),
            ("1,2\n1,2,3\n", "the number of columns changed from 2 to 3"),
            ("1,2\n" * 4096 + "1,2,3\n", "after 4096 rows of 1 pixels, one has 2"),
            ("1,²\n", "'ascii' codec can't decode byte"),
            ("1,2\n" * 4, "has no 5 images of any label"),
        ],
    )
    def test_wrong_table(self, tmp_path, text, words):
        path = tmp_path / "wrong.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="expected") as caught:
            load_mnist(path)
        assert words in str(caught.value)
        assert str(path) in str(caught.value)

    def test_empty_lines_allocate_nothing(self, tmp_path):
        row = ",".join(["1"] * 785)
        (tmp_path / "wrong.csv").write_text(f"{row}\n" * 5 + "\n" * 1_000_000)
        tracemalloc.start()
        load_mnist(tmp_path / "wrong.csv")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10e6  # not 784 MB

    def test_half_a_pair(self, tmp_path):
        write_csv(tmp_path / "mnist_train.csv", *small_arrays(2, 2)[:2])
        with pytest.raises(ValueError, match=r"mnist_train\.csv alone; expected .*_test\.csv"):
            load_mnist(tmp_path)


class TestFolder:
    def test_without_images(self, tmp_path):
        (tmp_path / "notes.txt").write_text("nothing here")
        (tmp_path / "train-images-idx3-ubyte").mkdir()
        with pytest.raises(ValueError, match="without a set of images that is known; expected a"):
            load_mnist(tmp_path)

    def test_with_two_kinds(self, tmp_path):
        write_idx(tmp_path, small_arrays())
        write_csv(tmp_path / "mnist_train.csv", *small_arrays(2, 2)[:2])
        with pytest.raises(ValueError, match=r"mnist_train\.csv, train-images-\.\.\.; expec"):
            load_mnist(tmp_path)

    def test_no_ordinary_file(self):
        with pytest.raises(ValueError, match="is no ordinary file; expected"):
            load_mnist("/dev/zero")
