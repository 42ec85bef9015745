"""load_mnist's classes, train_size and random_state: which images, how many, in which order."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmnist import load_mnist


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """90 images of 0, 9 of 1 and 1 of 2 to train; the pixels are the number of the row."""
    path = tmp_path_factory.mktemp("choice") / "uneven.npz"
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [90, 9, 1]))
    images = np.arange(100, dtype=np.uint8).reshape(100, 1, 1)
    tests = np.array([2, 0, 1, 0])
    np.savez(path, x_train=images, y_train=labels, x_test=images[:4], y_test=tests)
    return path, labels


class TestClasses:
    @pytest.mark.parametrize(
        "classes", [(3, 8), [8, 3, 3], {3, 8}, np.array([8, 3]), range(3, 9, 5)]
    )
    def test_their_images_and_no_others(self, sample, classes):
        data = load_mnist("sample", classes=classes)
        for part in ("train", "test"):
            wanted = np.isin(sample[f"y_{part}"], [3, 8])
            np.testing.assert_array_equal(data[f"X_{part}"], sample[f"X_{part}"][wanted])
            np.testing.assert_array_equal(data[f"y_{part}"], sample[f"y_{part}"][wanted])
        assert list(data.target_names) == ["3", "8"]
        assert "the classes 3, 8" in data.DESCR

    @pytest.mark.parametrize("classes", [3, "38", b"38", [3.0], ["3"], [True, False], [None]])
    def test_wrong_type(self, classes):
        with pytest.raises(TypeError, match=r"classes must .*such as \(3, 8\).*got"):
            load_mnist("sample", classes=classes)

    def test_none_at_all(self):
        with pytest.raises(ValueError, match=r"classes must hold at least one label, got \(\)"):
            load_mnist("sample", classes=())

    def test_classes_that_are_not_there(self):
        with pytest.raises(
            ValueError, match=r"classes=\(3, 11, 12\): no training .* 11 or 12; exp"
        ):
            load_mnist("sample", classes=(3, 11, 12))


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

    @pytest.mark.parametrize(
        ("share", "n"), [(0.5, 2000), (0.9999, 3999), (np.float32(0.25), 1000)]
    )
    def test_a_share_is_rounded_down(self, share, n):
        assert len(load_mnist("sample", train_size=share, random_state=0).X_train) == n

    def test_all_of_them(self, uneven):
        path, labels = uneven
        data = load_mnist(path, train_size=100, random_state=0)
        np.testing.assert_array_equal(data.y_train, labels)

    def test_share_of_the_classes(self):
        data = load_mnist("sample", classes=(3, 8), train_size=0.1, random_state=0)
        np.testing.assert_array_equal(np.bincount(data.y_train)[[3, 8]], [40, 40])
        assert len(data.y_test) == 200
        assert "80 of 800 training images, stratified, by random_state=0" in data.DESCR

    def test_the_seed_decides(self):
        first, same, other = (
            load_mnist("sample", train_size=100, random_state=seed).X_train for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, same)
        assert (first != other).any()
        generator = np.random.RandomState(1)
        drawn = load_mnist("sample", train_size=100, random_state=generator).X_train
        np.testing.assert_array_equal(first, drawn)

    def test_without_a_seed(self):
        state = np.random.get_state()[1].copy()  # noqa: NPY002
        first, second = (load_mnist("sample", train_size=100).X_train for _ in range(2))
        assert (first != second).any()
        np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002

    @pytest.mark.parametrize("train_size", ["100", True, [100], 1j])
    def test_wrong_type(self, train_size):
        with pytest.raises(TypeError, match="train_size must be an int, a float or None, got"):
            load_mnist("sample", train_size=train_size)

    @pytest.mark.parametrize("train_size", [0, -1, 0.0, 1.0, 1.5, -0.5, float("nan")])
    def test_out_of_range(self, train_size):
        with pytest.raises(ValueError, match=r"train_size must be an int of at least 1.*; got"):
            load_mnist("sample", train_size=train_size)

    @pytest.mark.parametrize("train_size", [9, 4001, 0.001])
    def test_too_few_or_too_many(self, train_size):
        words = f"train_size={train_size} makes .*; expected at least one .* 10 classes .* 4,000"
        with pytest.raises(ValueError, match=words):
            load_mnist("sample", train_size=train_size)

    @pytest.mark.parametrize("random_state", [-1, 2**32, 1.5, "seed"])
    def test_wrong_random_state(self, random_state):
        with pytest.raises(ValueError, match="random_state must be None, an int from 0 to"):
            load_mnist("sample", train_size=100, random_state=random_state)


def test_what_is_not_chosen_is_not_copied(tmp_path):
    images = np.zeros((20_000, 28, 28), np.uint8)  # 15.7 MB, mapped into memory
    labels = np.arange(20_000) % 10
    np.savez(tmp_path / "big.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    load_mnist(tmp_path / "big.npz", train_size=10, random_state=0)  # imports
    tracemalloc.start()
    data = load_mnist(tmp_path / "big.npz", classes=(3,), train_size=100, random_state=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (data.X_train.shape, data.X_test.shape) == ((100, 784), (2000, 784))
    assert peak < 5e6
