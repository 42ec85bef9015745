"""load_mnist on files in Keras's layout: round trips and refusals."""

import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skmnist import load_mnist
from tests.npz_files import NAMES, assert_holds, small_arrays, write_npz

pytestmark = pytest.mark.usefixtures("no_skmnist_data")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for tests that hypothesis runs many times."""
    return tmp_path_factory.mktemp("npz")


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

    @pytest.mark.slow
    def test_all_of_mnist(self, mnist_npz):
        data = load_mnist(mnist_npz)
        assert data.X_train.shape == (60_000, 784)
        assert data.X_test.shape == (10_000, 784)
        np.testing.assert_array_equal(
            np.bincount(data.y_test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
        )
        assert list(data.target_names) == list("0123456789")

    @pytest.mark.slow
    def test_all_of_mnist_in_less_than_a_second(self, mnist_npz, run_python):
        code = """
import sys, time
start = time.process_time()
from skmnist import load_mnist
load_mnist(sys.argv[1], return_X_y=True)
print(time.process_time() - start)
"""
        assert run_python(code, mnist_npz) < 1

    @pytest.mark.slow
    def test_sample_is_from_the_training_set(self, mnist_npz, sample):
        official_test = {row.tobytes() for row in load_mnist(mnist_npz).X_test}
        for X in (sample.X_train, sample.X_test):
            assert not any(row.tobytes() in official_test for row in X)
