"""load_mnist on tables: layouts that load, and what is refused with its row and column."""

import csv
import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_digits

from skmnist import load_mnist


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def loaded(data):
    """The pairs of pixels and label in a Bunch, whichever part they are in."""
    X, y = np.concatenate([data.X_train, data.X_test]), np.concatenate([data.y_train, data.y_test])
    return sorted(zip(map(bytes, X), y.tolist(), strict=True))


def pairs(X, y):
    return sorted(zip(map(bytes, np.asarray(X, np.uint8)), y, strict=True))


@pytest.fixture(scope="module")
def frame(sample):
    """100 digits as OpenML has them, with the labels in the last column."""
    rows = np.arange(100)
    columns = [f"pixel{i}" for i in range(1, 785)]
    return pd.DataFrame(sample.X_test[rows], columns=columns).assign(
        **{"class": sample.y_test[rows]}
    )


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_labels_are_found_by_name_in_any_layout(folder, data):
    side = data.draw(st.integers(1, 5))
    X = data.draw(hnp.arrays(np.uint8, (10, side**2)))
    y = data.draw(st.sampled_from([np.arange(10) % 2, np.array(list("aabbbaaabb"))]))
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(side**2)])
    if data.draw(st.booleans()):
        frame = frame.astype(float)
    name = data.draw(st.sampled_from(["label", "CLASS", "target", " Digit", "y"]))
    frame.insert(data.draw(st.integers(0, side**2)), name, y)
    separator = data.draw(st.sampled_from(",;\t| "))
    content = frame.to_csv(
        index=separator != " " and data.draw(st.booleans()),
        sep=separator,
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n", "\n\n"])),
    ).encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig"])))
    path = folder / "any.csv"
    path.write_bytes(gzip.compress(content) if data.draw(st.booleans()) else content)
    assert loaded(load_mnist(path)) == pairs(X, y.tolist())


def no_names(frame):
    return frame[["class", *frame.columns[:-1]]].to_csv(header=False, index=False)


def numbered_names(frame):
    return pd.DataFrame(frame[["class", *frame.columns[:-1]]].to_numpy()).to_csv(index=False)


def name_and_numbers(frame):
    numbered = pd.DataFrame(frame.iloc[:, :-1].to_numpy())
    numbered.insert(0, "label", frame["class"])
    return numbered.to_csv(index=False)


def columns_in_alphabetical_order(frame):
    return frame[sorted(frame.columns)].to_csv(index=False)


def commented_names(frame):
    return f"# {frame.to_csv(index=False)}"


def an_index_twice(frame):
    frame = frame.assign(ID=range(100)).sample(frac=1, random_state=0)
    return frame.reset_index(names="Unnamed: 0").to_csv()


@pytest.mark.parametrize(
    "write",
    [
        *(no_names, numbered_names, name_and_numbers, columns_in_alphabetical_order),
        *(commented_names, an_index_twice),
    ],
)
def test_other_layouts(folder, frame, write):
    path = folder / "optdigits.tra"  # whatever it is called
    path.write_text(write(frame))
    data = load_mnist(path)
    assert loaded(data) == pairs(frame.iloc[:, :-1], frame["class"])
    assert data.y_train.dtype == np.int64


def test_own_frames_written_and_read_again(folder, sample):
    data = load_mnist("sample", as_frame=True, train_size=100, random_state=0)
    pd.concat([data.X_train, data.y_train], axis=1).to_csv(folder / "own.csv", index=False)
    assert loaded(load_mnist(folder / "own.csv")) == pairs(data.X_train, data.y_train)
    digits = load_digits(as_frame=True).frame
    digits.to_csv(folder / "own.csv", index=False)
    assert loaded(load_mnist(folder / "own.csv")) == pairs(digits.iloc[:, :-1], digits["target"])


def test_another_column_is_named(folder, frame):
    frame = frame.rename(columns={"class": "number"})
    frame.to_csv(folder / "any.csv", index=False)
    with pytest.raises(ValueError, match=r"'pixel1', .*, 'number'; target_column takes"):
        load_mnist(folder / "any.csv")
    for target_column in (-1, np.int64(784), "number"):
        data = load_mnist(folder / "any.csv", target_column=target_column)
        assert loaded(data) == pairs(frame.iloc[:, :-1], frame["number"])
    for missing in ("digits", 785, -786):
        with pytest.raises(ValueError, match=f"target_column={missing!r}: 0 columns"):
            load_mnist(folder / "any.csv", target_column=missing)


def test_target_column_is_for_tables(sample):
    with pytest.raises(ValueError, match=r"target_column='y' is for tables, but source='sample'"):
        load_mnist("sample", target_column="y")
    with pytest.raises(TypeError, match=r"The .target_column. parameter of load_mnist .* Got 1.5"):
        load_mnist("sample", target_column=1.5)


def test_the_name_of_the_last_pixel_gives_the_size(folder):
    names = [f"{i}x{j}" for i in range(1, 4) for j in range(1, 6)]
    X = np.arange(150).reshape(10, 15)
    frame = pd.DataFrame(X, columns=names).assign(label=np.arange(10) % 2)
    frame.to_csv(folder / "any.csv", index=False)
    data = load_mnist(folder / "any.csv")
    assert data.images_train.shape == (8, 3, 5)
    assert loaded(data) == pairs(X, frame["label"])


def test_the_last_fifth_of_each_label_tests(folder):
    y = np.array([7] * 11 + [4] * 4 + [7] + [2] * 5)
    frame = pd.DataFrame(np.arange(len(y)).repeat(4).reshape(-1, 4)).assign(y=y)
    frame.to_csv(folder / "any.csv", index=False)
    data = load_mnist(folder / "any.csv")
    # Of twelve times 7 the last two, of four times 4 none, of five times 2 the last.
    assert data.images_test[:, 0, 0].tolist() == [10, 15, 20]
    assert data.images_train[:, 0, 0].tolist() == [*range(10), 11, 12, 13, 14, 16, 17, 18, 19]
    assert data.y_test.tolist() == [7, 7, 2]
    assert "last fifth" in data.DESCR


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (9, ["256", "-1", "0.5", "", "nan", "two", "True", "0x10"]),
        (16, ["0.5", "", "?", "NaN", "=9"]),
    ],
)
def test_other_values_are_refused_with_row_and_column(folder, frame, column, values):
    frame = frame.astype(object).iloc[:20, -17:]
    frame["class"] += 10
    for value in values:
        frame.iloc[6, column] = value
        frame.to_csv(folder / "any.csv", index=False)
        with pytest.raises(ValueError, match="row 7") as caught:
            load_mnist(folder / "any.csv")
        where = f"row 7, column {column + 1} ({frame.columns[column]!r})"
        assert where in str(caught.value)
        assert f"holds {value!r}" in str(caught.value)


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_a_table_large_enough_for_several_threads(folder, ending):
    """From 5 MB on, pandas reads parts of a file at once."""
    X = np.random.default_rng(0).integers(100, 256, (4000, 400), np.uint8)
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(400)])
    frame.insert(0, "label", np.arange(4000) % 7)
    content = "" if ending == "\n" else "\n"  # as a blank line before
    content += frame.to_csv(index=False, lineterminator=ending)
    (folder / "any.csv").write_text(content, newline="")
    assert loaded(load_mnist(folder / "any.csv")) == pairs(X, (np.arange(4000) % 7).tolist())
    head, middle, tail = content.partition(f"{ending}6,")
    (folder / "any.csv").write_text(f"{head}{middle}x{tail}", newline="")
    with pytest.raises(ValueError, match=r"row 7, column 2 .* holds 'x\d"):
        load_mnist(folder / "any.csv")


def test_names_that_end_in_another_way_than_rows(folder):
    X = np.full((4000, 400), 100, np.uint8)
    rows = "\n".join(",".join(["1", *map(str, row)]) for row in X)
    names = ",".join(["label", *(f"pixel{i}" for i in range(400))])
    (folder / "any.csv").write_text(f"{names}\r0{rows[1:]}", newline="")
    assert loaded(load_mnist(folder / "any.csv"))[0][1] == 0


ROW = ",".join(map(str, range(100, 125)))


WRONG_TABLES = [
    ("", "it has 0 columns without names"),
    ("label,1x1\n", "it has no rows"),
    ("label\n1\n2\n", "has 0 pixels, which do not make a square image"),
    ("1,2,3\n2,3,4\n", "has 2 pixels, which do not make a square image"),
    ("label,a,b,c,d\n1,2,3,4\n", "row 1, column 5 ('d') holds ''"),
    ("label,p\n1,2,3\n", "rows with more values than its first line"),
    ("1,2\n0,2,3\n", "Expected 2 fields in line 2, saw 3"),
    ("1,2\n0\n", "row 2, column 2 holds ''"),
    ("0,2\n1,2\n?,2\n", "row 3, column 1, the label, holds '?'"),
    ("1,2\n" * 300 + "0,2\0\n", "it holds NUL bytes"),
    (f"{ROW}\n" * 9, "it has 25 columns without names"),  # 5 x 5 pixels, and no label
    (
        "id,pixel0\n1,2\n2,3\n",
        "no column can be the label: its columns are 'id', 'pixel0'",
    ),
    ("label,1x1,y\n1,2,3\n", "2 columns can be the label: its columns are 'label', '1x1', 'y'"),
    ("label,p2,p1,p1,p3\n1,2,3,4,5\n", "the names of its pixels show no order"),
    ("0,3\n0,4\n0,5\n", "its first column does not look like labels: it has 2 columns"),
    ("".join(f"{i % 150},{i % 5}\n" for i in range(300)), "its first column does not look like"),
    ("1,2\n0,2\n" * 2, "has no 5 images of any label"),
]


def test_wrong_tables(folder):
    path = folder / "wrong.csv"
    for text, words in WRONG_TABLES:
        path.write_text(text)
        with pytest.raises(ValueError, match=r"^'.*wrong\.csv' ") as caught:
            load_mnist(path)
        assert words in str(caught.value)


def test_damaged_bytes(folder, frame):
    whole = gzip.compress(frame.to_csv(index=False).encode())
    checksum = bytes([whole[-5] ^ 1])
    for content in (whole[:-100], whole[:-5] + checksum + whole[-4:], b"label,p\n\xff,0\n"):
        (folder / "wrong.csv").write_bytes(content)
        with pytest.raises(ValueError, match=r"wrong\.csv' cannot be read"):
            load_mnist(folder / "wrong.csv")


def test_messages_print_no_control_characters(folder):
    path = folder / "\x1b[2Jred.csv"
    path.write_text("\x1b[31mlabel,p\n\x1b[31m,2\n")
    with pytest.raises(ValueError, match="target_column") as caught:
        load_mnist(path)
    assert "\x1b" not in str(caught.value)
    path.write_text("label,p\n" + "1,2\n2,2\n" * 5)
    data = load_mnist(path)
    assert data.DESCR.replace("\n", "").isprintable()
    assert "\x1b" not in repr(data)


class TestFolder:
    """A table to train and one to test."""

    @pytest.mark.parametrize(
        ("train", "test"),
        [
            ("mnist_train_small.csv", "mnist_test.csv"),
            ("Fashion-MNIST_Train.tsv", "Fashion-MNIST_Test.csv.gz"),
        ],
    )
    def test_pair(self, tmp_path, frame, train, test):
        frame[:80].to_csv(tmp_path / train, index=False)
        frame[80:].to_csv(tmp_path / test, index=False)
        (tmp_path / "README.md").touch()
        data = load_mnist(tmp_path)
        np.testing.assert_array_equal(data.X_train, frame[:80].iloc[:, :-1])
        np.testing.assert_array_equal(data.y_train, frame["class"][:80])
        np.testing.assert_array_equal(data.X_test, frame[80:].iloc[:, :-1])
        np.testing.assert_array_equal(data.y_test, frame["class"][80:])

    def test_the_pair_of_mnist_among_others(self, tmp_path, frame):
        for part in ("train", "test"):  # as in Colab
            frame.to_csv(tmp_path / f"mnist_{part}.csv", index=False)
            (tmp_path / f"california_housing_{part}.csv").write_text("longitude,latitude\n1,2\n")
        (tmp_path / "latest.csv").touch()
        assert loaded(load_mnist(tmp_path)) == loaded(load_mnist(tmp_path / "mnist"))
        frame.to_csv(tmp_path / "fashion-mnist_train.csv", index=False)
        frame.rename(columns={"class": "label"}).to_csv(
            tmp_path / "fashion-mnist_test.csv", index=False
        )
        with pytest.raises(ValueError, match=r"'fashion-mnist_test.csv', 'mnist_test.csv' belong"):
            load_mnist(tmp_path)
        assert load_mnist(tmp_path / "fashion-mnist").X_train.shape == (100, 784)

    def test_letters_in_one_of_them(self, tmp_path):
        for part, labels in (("train", "012abc"), ("test", "012012")):
            frame = pd.DataFrame({"label": list(labels), "p": range(6)})
            frame.to_csv(tmp_path / f"{part}.csv", index=False)
        data = load_mnist(tmp_path)
        assert data.y_train.tolist() == list("012abc")
        assert data.y_test.tolist() == list("012012")
        assert list(data.target_names) == list("012abc")
        assert load_mnist(tmp_path, classes=["a", "0"][1:]).y_train.tolist() == ["0"]

    def test_unlabelled_test_images(self, tmp_path, frame):
        frame.to_csv(tmp_path / "train.csv", index=False)
        frame.drop(columns="class").to_csv(tmp_path / "test.csv", index=False)
        with pytest.warns(UserWarning, match=r"test\.csv' .*no column can be the label"):
            data = load_mnist(tmp_path)
        assert loaded(data) == pairs(frame.iloc[:, :-1], frame["class"])
        with pytest.raises(ValueError, match="no column can be the label"):
            load_mnist(tmp_path / "test.csv")

    def test_half_a_pair(self, tmp_path, frame):
        frame.to_csv(tmp_path / "train.csv", index=False)
        with pytest.raises(
            ValueError, match=r"has no test table \(it holds 'train\.csv'\); expected"
        ):
            load_mnist(tmp_path)
        frame.to_csv(tmp_path / "test.csv", index=False)
        frame.to_csv(tmp_path / "train_2.csv", index=False)
        with pytest.raises(
            ValueError, match=r"\(it holds 'test\.csv', 'train\.csv', 'train_2\.csv'\)"
        ):
            load_mnist(tmp_path)

    def test_emnist_comes_upright(self, tmp_path, sample):
        images, y = sample.images_test[:100], sample.y_test[:100]
        table = np.c_[y + 1, images.transpose(0, 2, 1).reshape(100, 784)]
        for part in ("train", "test"):
            np.savetxt(tmp_path / f"emnist-letters-{part}.csv", table, "%d", ",")
        for source in (tmp_path, tmp_path / "emnist-letters"):
            data = load_mnist(source)
            np.testing.assert_array_equal(data.images_train, images)
            assert list(data.target_names) == list("ABCDEFGHIJ")
        alone = load_mnist(tmp_path / "emnist-letters-train.csv")
        assert loaded(alone) == pairs(images.reshape(100, 784), y + 1)
