"""load_mnist on tables: layouts that are read or refused with lines that read them."""

import csv
import gzip
import io
import re
import string
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_digits

from skmnist import load_mnist
from tests.message_lines import lines_of, loaded, pairs

PIXELS = [f"pixel{i}" for i in range(784)]
PLACES = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module", name="X")
def pixels(sample):
    """The pixels of 100 digits."""
    return sample.X_test[:100]


@pytest.fixture(scope="module", name="y")
def labels(sample):
    """The labels of 100 digits."""
    return sample.y_test[:100]


@pytest.fixture(scope="module")
def frame(X, y):
    """100 digits as OpenML has them, with the labels in the last column."""
    columns = [f"pixel{i}" for i in range(1, 785)]
    return pd.DataFrame(X, columns=columns).assign(**{"class": y})


def write(path, content):
    if isinstance(content, str):
        content = content.encode()
    path.write_bytes(content)
    return path


def refused(path, **options):
    """The message of the ValueError for a table, which names it."""
    with pytest.raises(ValueError, match=re.escape(repr(str(path)))) as caught:
        load_mnist(path, **options)
    return str(caught.value)


def refused_source(source):
    """The message of the ValueError for a folder."""
    with pytest.raises(ValueError, match="has EMNIST in its name") as caught:
        load_mnist(source)
    return str(caught.value)


def with_label(X, y, names=PIXELS, **options):
    """A table whose first column is the label."""
    frame = pd.DataFrame(X, columns=names)
    frame.insert(0, "label", y)
    return frame.to_csv(**{"index": False} | options)


def without_names(X, y, **options):
    return pd.DataFrame(np.c_[y, X]).to_csv(
        **{"index": False, "header": False} | options
    )


def as_numpy_writes(X, y):
    file = io.StringIO()
    np.savetxt(file, np.c_[y, X], "%d", ",", header=",".join(["label", *PIXELS]))
    return file.getvalue()


def as_r_writes_a_table(X, y):
    """The names of all columns but the first, which are those of the rows."""
    names = " ".join(f'"{name}"' for name in ["label", *PIXELS])
    rows = [
        f'"{i + 1}" ' + " ".join(map(str, row)) for i, row in enumerate(np.c_[y, X])
    ]
    return "\n".join([names, *rows, ""])


def in_alphabetical_order(X, y):
    frame = pd.DataFrame(X, columns=PLACES).assign(label=y)
    return frame[sorted(frame.columns)].to_csv(index=False)


def with_index_twice(X, y):
    frame = pd.DataFrame(X, columns=PIXELS).assign(label=y)
    frame.insert(0, "Unnamed: 0", range(len(y)))
    frame.insert(0, "Unnamed: 0.1", range(len(y)))
    return frame.to_csv(index=False)


def with_shuffled_index(X, y):
    frame = pd.DataFrame(X, columns=PIXELS).assign(label=y, ID=range(len(y)))
    return frame.sample(frac=1, random_state=0).to_csv()


def with_empty_column(X, y):
    return pd.DataFrame(X, columns=PIXELS).assign(label=y, note="").to_csv(index=False)


READ = {
    "no names, label first": without_names,
    "no names, a comma at each row's end": lambda X, y: without_names(X, y).replace(
        "\n", ",\n"
    ),
    "no names, text labels": lambda X, y: without_names(
        X, np.array(list("zyxwvutsrq"))[y]
    ),
    "no names, text labels last": lambda X, y: (
        pd.DataFrame(X)
        .assign(label=np.array(list("zyxwvutsrq"))[y])
        .to_csv(index=False, header=False)
    ),
    "no names, quoted labels": lambda X, y: without_names(
        X, [f"'{label}'" for label in y]
    ),
    "no names, labels as bytes": lambda X, y: without_names(
        X, [f"b'{label}'" for label in y]
    ),
    "numbers for names": lambda X, y: without_names(X, y, header=True),
    "numbers for names, and an index": lambda X, y: without_names(
        X, y, header=True, index=True
    ),
    "label and pixels from 0": with_label,
    "label and pixels from 1": lambda X, y: with_label(
        X, y, [f"p{i}" for i in range(1, 785)]
    ),
    "label and numbers": lambda X, y: with_label(X, y, range(784)),
    "label and the columns' numbers": lambda X, y: with_label(
        X, y, [f"V{i}" for i in range(2, 786)]
    ),
    "label and rows by columns from 1": lambda X, y: with_label(X, y, PLACES),
    "label and rows by columns from 0": lambda X, y: with_label(
        X, y, [f"px_{i // 28}_{i % 28}" for i in range(784)]
    ),
    "alphabetical order": in_alphabetical_order,
    "an index": lambda X, y: with_label(X, y, index=True),
    "an index twice": with_index_twice,
    "an index and an id, shuffled": with_shuffled_index,
    "an empty column": with_empty_column,
    "a comma at each row's end": lambda X, y: (
        with_label(X, y).replace("\n", ",\n").replace(",\n", "\n", 1)
    ),
    "names in a comment": as_numpy_writes,
    "comments above": lambda X, y: "# digits\n#\n" + with_label(X, y),
    "a title above": lambda X, y: "Digits, of MNIST\n\n" + with_label(X, y),
    "comments of another mark above": lambda X, y: (
        "% digits\n// of 28, 28\n" + with_label(X, y)
    ),
    "comments above no names": lambda X, y: (
        "# digits, of 28, 28\n" + without_names(X, y)
    ),
    "row names without a name": as_r_writes_a_table,
    "a separator declared": lambda X, y: "sep=;\n" + with_label(X, y, sep=";"),
    "tabs": lambda X, y: with_label(X, y, sep="\t"),
    "bars": lambda X, y: with_label(X, y, sep="|"),
    "spaces": lambda X, y: without_names(X, y, sep=" "),
    "everything quoted": lambda X, y: with_label(X, y, quoting=csv.QUOTE_ALL),
    "decimals": lambda X, y: with_label(X.astype(float), y.astype(float)),
    "gzipped": lambda X, y: gzip.compress(with_label(X, y).encode()),
    "a byte-order mark": lambda X, y: with_label(X, y).encode("utf-8-sig"),
}


@pytest.mark.parametrize("layout", READ)
def test_layouts_that_are_read(folder, X, y, layout):
    path = write(folder / "optdigits.tra", READ[layout](X, y))  # whatever it is called
    data = load_mnist(path)
    labels = np.array(list("zyxwvutsrq"))[y] if "text" in layout else y
    assert loaded(data) == pairs(X, labels)
    assert data.y_train.dtype.kind == ("U" if "text" in layout else "i")


@pytest.mark.filterwarnings("ignore:.*not on MNIST's scale:UserWarning")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_labels_are_found_by_name_in_any_layout(folder, data):
    side = data.draw(st.integers(4, 6))
    X = data.draw(hnp.arrays(np.uint8, (10, side**2)))
    y = data.draw(st.sampled_from([np.arange(10) % 2, np.array(list("aabbbaaabb"))]))
    X[:, 3] = 254  # or every fourth pixel could be 255, as an opacity
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


def test_own_frames_written_and_read_again(folder):
    data = load_mnist("sample", as_frame=True, train_size=100, random_state=0)
    pd.concat([data.X_train, data.y_train], axis=1).to_csv(
        folder / "own.csv", index=False
    )
    assert loaded(load_mnist(folder / "own.csv")) == pairs(data.X_train, data.y_train)


def test_a_frame_of_scikit_learn(folder):
    digits = load_digits(as_frame=True).frame
    digits.to_csv(folder / "own.csv", index=False)
    with pytest.warns(UserWarning, match=r"own\.csv' .* pixels are from 0 to 16"):
        data = load_mnist(folder / "own.csv")
    assert loaded(data) == pairs(digits.iloc[:, :-1], digits["target"])


def names_of_values(X, y, prefix):
    """The first row as a reader returns it that takes it for names."""
    seen, names = {}, []
    for value in [y[0], *X[0]]:
        n = seen.get(value, 0)
        seen[value] = n + 1
        names.append(f"{prefix}{value}" + (f".{n}" if n else ""))
    return names


def read_as_names(X, y, prefix="", **options):
    frame = pd.DataFrame(np.c_[y, X][1:], columns=names_of_values(X, y, prefix))
    return frame.to_csv(**{"index": False} | options)


def read_as_names_by_r(X, y):
    """As write.table writes it, with row names that have no name."""
    text = read_as_names(X, y, "X", index=True, sep=" ", quoting=csv.QUOTE_NONNUMERIC)
    return text.removeprefix('"" ')


def more_columns(X, y, **columns):
    return (
        pd.DataFrame(X, columns=PIXELS).assign(label=y, **columns).to_csv(index=False)
    )


def one_hot(y):
    return np.eye(10, dtype=int)[y]


def one_hot_with_names(X, y):
    hot = pd.DataFrame(one_hot(y), columns=[f"label_{i}" for i in range(10)])
    return hot.join(pd.DataFrame(X, columns=PIXELS)).to_csv(index=False)


def pixels_in_one_column(X, y):
    text = [" ".join(map(str, row)) for row in X]
    return pd.DataFrame({"emotion": y, "pixels": text, "Usage": "Training"}).to_csv(
        index=False
    )


def predictions(X, y):
    return pd.DataFrame({"ImageId": range(1, 101), "Label": y}).to_csv(index=False)


# The layout, words of the message, and which of its lines to run (None for all of
# them).
REFUSED = {
    "no names, label last": (
        lambda X, y: pd.DataFrame(np.c_[X, y]).to_csv(index=False, header=False),
        "nothing proves which column is the label",
        slice(1, 2),
    ),
    "names of values": (read_as_names, "made of a row of values", None),
    "numbers for names and an index, label last": (
        lambda X, y: pd.DataFrame(np.c_[X, y]).to_csv(),
        "nothing proves which column is the label",
        slice(1, 2),
    ),
    "names of values and an index": (
        lambda X, y: read_as_names(X, y, index=True),
        "made of a row of values",
        None,
    ),
    "names of values by R": (
        lambda X, y: read_as_names(X, y, "X", quoting=csv.QUOTE_NONNUMERIC),
        "made of a row of values",
        None,
    ),
    "names of values by R, and row names": (
        read_as_names_by_r,
        "made of a row of values",
        None,
    ),
    "a picture's number": (
        lambda X, y: more_columns(X, y, ImageId=range(100)),
        "more than a label and pixels: 'ImageId'",
        None,
    ),
    "a character": (
        lambda X, y: more_columns(X, y, character=list("abcdefghij" * 10)),
        "more than a label and pixels: 'character'",
        None,
    ),
    "a split and a path": (
        lambda X, y: more_columns(X, y, split="train", path="a.png"),
        "more than a label and pixels: 'split', 'path'",
        None,
    ),
    "rows beside rows": (
        lambda X, y: with_label(X, y) * 2,
        "row 101, column 1 ('label'), the label, holds 'label'",
        None,
    ),
    "a comment at the end": (
        lambda X, y: with_label(X, y) + "# end\n",
        "row 101, column 1 ('label'), the label, holds '# end'",
        None,
    ),
    "commas for points": (
        lambda X, y: with_label(X / 2, y, sep=";", decimal=","),
        "holds '0,0', not an integer",
        None,
    ),
    "an index and a label without names": (
        lambda X, y: pd.DataFrame(np.c_[y, X]).to_csv(header=False),
        "two columns more than a square of pixels",
        None,
    ),
    "nothing but the label has a name": (
        lambda X, y: with_label(X, y, [""] * 784),
        "not the positions of pixels",
        None,
    ),
    "colours, one after the other": (
        lambda X, y: with_label(np.hstack([X] * 3), y, range(3 * 784)),
        "colours",
        None,
    ),
    "one-hot labels with numbers for names": (
        lambda X, y: (
            pd.DataFrame(X, columns=PIXELS)
            .join(pd.DataFrame(one_hot(y)))
            .to_csv(index=False)
        ),
        "one-hot, in the columns 785 to 794",
        None,
    ),
    "Latin-1": (
        lambda X, y: ("# digits by Andr\xe9\n" + with_label(X, y)).encode("latin-1"),
        "not text in UTF-8",
        None,
    ),
    "Latin-1, gzipped": (
        lambda X, y: gzip.compress(
            ("# digits by Andr\xe9\n" + with_label(X, y)).encode("latin-1")
        ),
        "not text in UTF-8",
        None,
    ),
    "a label of another name": (
        lambda X, y: with_label(X, y).replace("label", "number", 1),
        "beside pixels it has 'number'",
        None,
    ),
    "two labels": (
        lambda X, y: more_columns(X, y, digit=y),
        "2 columns can be the label, 'label', 'digit'",
        None,
    ),
    "two values for each pixel": (
        lambda X, y: (
            pd.DataFrame(X, columns=PIXELS)
            .assign(label=y)
            .join(pd.DataFrame(X, columns=[f"again{i}" for i in range(784)]))
            .to_csv(index=False)
        ),
        "more than a label and pixels: 'again0', 'again1', 'again2', 'again3', ..., "
        "'again783'",
        None,
    ),
    "pixels with other names": (
        lambda X, y: with_label(
            X,
            y,
            [
                "q" + "".join(pair)
                for pair in product(string.ascii_letters[:28], repeat=2)
            ],
        ),
        "not the positions of pixels",
        None,
    ),
    "a position that is missing": (
        lambda X, y: with_label(X, y, [*PIXELS[:-1], "pixel784"]),
        "not all positions",
        None,
    ),
    "positions from 10": (
        lambda X, y: with_label(X, y, [f"pixel{i}" for i in range(10, 794)]),
        "not all positions",
        None,
    ),
    "a row and column that are missing": (
        lambda X, y: with_label(X, y, [*PLACES[:-1], "28x29"]),
        "not all positions",
        None,
    ),
    "no square, gzipped": (
        lambda X, y: gzip.compress(with_label(X[:, :780], y, PIXELS[:780]).encode()),
        "780 pixels, which do not make a square",
        None,
    ),
    "names of values below a blank line": (
        lambda X, y: "\n" + read_as_names(X, y),
        "made of a row of values",
        None,
    ),
    "the same label twice": (
        lambda X, y: more_columns(X, y, digit=y).replace("digit", "label", 1),
        "2 columns can be the label, 'label', 'label'",
        None,
    ),
    "a column without a name that is not always empty": (
        lambda X, y: without_names(X, y).replace("\n", ",\n", 99)[:-1] + ",x\n",
        "column 786 is empty in the first row, but not in others",
        None,
    ),
    "a label and pixels of other names": (
        lambda X, y: with_label(X, y, [f"p{i}q{i}" for i in range(784)]).replace(
            "label", "number", 1
        ),
        "no column can be the label, or no pixels, by their names",
        None,
    ),
    "one-hot labels with names and an index": (
        lambda X, y: (
            pd.DataFrame(one_hot(y), columns=[f"is {i}" for i in range(10)])
            .join(pd.DataFrame(X, columns=PIXELS))
            .to_csv()
        ),
        "one-hot, in the columns 2 to 11",
        None,
    ),
    "a position twice": (
        lambda X, y: with_label(X, y, [*PIXELS[:-1], "pixel0"]),
        "two of its pixels have the same name",
        None,
    ),
    "columns first": (
        lambda X, y: with_label(X, y, [f"{i % 28}x{i // 28}" for i in range(784)]),
        "transposed tells which",
        slice(1, 2),
    ),
    "no square": (
        lambda X, y: with_label(X[:, :780], y, PIXELS[:780]),
        "780 pixels, which do not make a square",
        None,
    ),
    "colours": (
        lambda X, y: without_names(np.repeat(X, 3, axis=1), y),
        "colours",
        None,
    ),
    "colours and opacity": (
        lambda X, y: with_label(
            np.dstack(
                [np.repeat(X[..., np.newaxis], 3, axis=2), np.full(X.shape, 255)]
            ).reshape(100, -1),
            y,
            range(4 * 784),
        ),
        "colours",
        None,
    ),
    "one-hot labels with names": (
        one_hot_with_names,
        "one-hot, in the columns 1 to 10",
        None,
    ),
    "one-hot labels": (
        lambda X, y: pd.DataFrame(np.c_[X, one_hot(y)]).to_csv(
            header=False, index=False, sep=" "
        ),
        "one-hot, in the columns 785 to 794",
        None,
    ),
    "column first": (
        lambda X, y: with_label(X, y, [f"x{i // 28}_y{i % 28}" for i in range(784)]),
        "transposed tells which",
        slice(1, 2),
    ),
    "pixels from 0 to 1": (
        lambda X, y: with_label(X / 255, y),
        "not an integer from 0 to 255",
        None,
    ),
    "a value that is missing": (
        lambda X, y: with_label(X, y) + "5" + 784 * "," + "\n",
        "row 101, column 2 ('pixel0') holds '', not an integer",
        None,
    ),
    "R's names": (
        lambda X, y: pd.DataFrame(
            np.c_[y, X], columns=[f"V{i}" for i in range(1, 786)]
        ).to_csv(index=False),
        "no column can be the label",
        None,
    ),
    "labels for an index": (
        lambda X, y: pd.DataFrame(X, index=y).to_csv(),
        "it has pixels and no labels",
        slice(0, 0),
    ),
    "pixels in one column": (
        pixels_in_one_column,
        "all pixels of an image in one",
        None,
    ),
}


@pytest.mark.parametrize("layout", REFUSED)
def test_layouts_that_are_refused_with_lines_that_read_them(
    folder,
    X,
    y,
    layout,
    line_runner,
):
    content, words, which = REFUSED[layout]
    path = write(folder / "refused.csv", content(X, y))
    message = refused(path)
    assert words in message
    assert len(message.splitlines()[0]) < 1000
    lines = lines_of(message)
    expected = pairs(X[:, :780], y) if layout.startswith("no square") else pairs(X, y)
    if layout == "rows beside rows":
        expected = sorted(2 * expected)
    if which is not None:
        lines = lines[which]
    if not lines:
        return  # there is no name that identifies the index
    assert line_runner.run(lines) == expected


# Tables without names in which pixels repeat a few values, as labels do.
def noisy_paper(X):
    noise = np.random.default_rng(0).normal(0, 6, X.shape)
    return np.clip(235 - X.astype(int) * 200 // 255 + noise, 0, 255).astype(int)


ALIKE = {
    "noisy paper": noisy_paper,
    "two levels, noisy": lambda X: (noisy_paper(X) > 235).astype(int),
    "a corner with ink now and then": lambda X: np.c_[
        X[:, :-1], np.arange(100) % 20 == 0
    ],
}


@pytest.mark.filterwarnings("ignore:.*not on MNIST's scale:UserWarning")
@pytest.mark.parametrize("position", [0, -1])
@pytest.mark.parametrize("kind", ALIKE)
def test_without_names_what_is_not_certain_is_refused(folder, X, y, kind, position):
    pixels = ALIKE[kind](X)
    table = np.c_[y, pixels] if position == 0 else np.c_[pixels, y]
    path = folder / "alike.csv"
    np.savetxt(path, table, "%d", ",")
    message = refused(path)
    assert f"target_column={position}" in message
    data = load_mnist(path, target_column=position)
    assert loaded(data) == pairs(pixels, y)


def test_small_images_without_names_are_refused(folder):
    digits = load_digits()
    # Shifted so that the first pixel has ink.
    shifted = np.roll(digits.images, 3, axis=2).reshape(-1, 64)
    np.savetxt(folder / "alike.csv", np.c_[shifted, digits.target], "%d", ",")
    assert "target_column" in refused(folder / "alike.csv")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda X: np.arange(100), "nothing proves which column is the label"),
        (lambda X: np.zeros(100), "nothing proves which column is the label"),
        (lambda X: X.mean(axis=1).round(1), "column 1, the label, holds '"),
    ],
    ids=["an index", "one value", "decimals"],
)
def test_a_first_column_that_is_no_label(folder, X, make, words):
    np.savetxt(folder / "alike.csv", np.c_[make(X), X], "%.2f", ",")
    assert words in refused(folder / "alike.csv")


@pytest.mark.parametrize("target_column", [-1, np.int64(784), "number"])
def test_another_column_is_named(folder, frame, target_column):
    frame = frame.rename(columns={"class": "number"})
    frame.to_csv(folder / "any.csv", index=False)
    data = load_mnist(folder / "any.csv", target_column=target_column)
    assert loaded(data) == pairs(frame.iloc[:, :-1], frame["number"])


@pytest.mark.parametrize("target_column", [0, -785])
def test_the_first_column_is_named(folder, frame, target_column):
    labels, pixels = frame["class"].rename("number"), frame.iloc[:, :-1]
    pd.concat([labels, pixels], axis=1).to_csv(folder / "any.csv", index=False)
    data = load_mnist(folder / "any.csv", target_column=target_column)
    assert loaded(data) == pairs(pixels, labels)


@pytest.mark.parametrize("target_column", ["digits", 785, -786])
def test_a_target_column_that_is_not_there(folder, frame, target_column):
    frame.to_csv(folder / "any.csv", index=False)
    message = refused(folder / "any.csv", target_column=target_column)
    assert f"target_column={target_column!r} is not one of its columns" in message


def test_a_pixel_as_target_column_is_refused(folder, frame):
    frame.to_csv(folder / "any.csv", index=False)
    assert "not all positions" in refused(folder / "any.csv", target_column="pixel5")


@pytest.mark.parametrize("target_column", [0, "X7"])
def test_names_of_values_are_no_positions_with_a_target_column_either(
    folder, X, y, target_column
):
    first = np.flatnonzero(y == 7)[0]
    X, y = np.roll(X, -first, axis=0), np.roll(y, -first)
    write(folder / "any.csv", read_as_names(X, y, "X"))
    message = refused(folder / "any.csv", target_column=target_column)
    assert "made of a row of values" in message


def test_text_labels_in_names_that_were_made_of_values(folder, X, y, line_runner):
    """The line that repairs the names leaves the label as it is."""
    labels = np.array(list("zyxwvutsrq"))[y]
    path = write(folder / "any.csv", read_as_names(X, labels))
    assert line_runner.run(lines_of(refused(path))) == pairs(X, labels)


def test_lines_keep_the_other_options(folder, X, y, line_runner):
    names = [f"{i % 28}x{i // 28}" for i in range(784)]
    text = with_label(X, y, names).replace("label", "number", 1)
    message = refused(write(folder / "any.csv", text), target_column="number")
    assert line_runner.run(lines_of(message)[1:]) == pairs(X, y)


def test_what_target_column_leaves_out_is_described(folder, X, y):
    write(folder / "any.csv", more_columns(X, y, ImageId=range(100), path="a.png"))
    data = load_mnist(folder / "any.csv", target_column="label")
    assert loaded(data) == pairs(X, y)
    assert "left out: 'ImageId', 'path'" in data.DESCR


def test_target_column_is_for_tables():
    with pytest.raises(
        ValueError, match=r"target_column='y' is for tables, but source='sample'"
    ):
        load_mnist("sample", target_column="y")
    with pytest.raises(
        TypeError, match=r"The .target_column. parameter of load_mnist .* Got 1.5"
    ):
        load_mnist("sample", target_column=1.5)


def test_the_names_of_the_pixels_give_the_size(folder):
    names = [f"{i}x{j}" for i in range(1, 5) for j in range(1, 7)]
    X = np.arange(240).reshape(10, 24)
    frame = pd.DataFrame(X, columns=names).assign(label=np.arange(10) % 2)
    frame.to_csv(folder / "any.csv", index=False)
    data = load_mnist(folder / "any.csv")
    assert data.images_train.shape == (8, 4, 6)
    assert loaded(data) == pairs(X, frame["label"])


@pytest.mark.parametrize("transposed", [True, False])
def test_names_down_the_columns_are_read_as_transposed_says(folder, X, y, transposed):
    names = [f"r{i % 28}c{i // 28}" for i in range(784)]
    write(folder / "any.csv", with_label(X, y, names))
    data = load_mnist(folder / "any.csv", transposed=transposed)
    images = X.reshape(-1, 28, 28)
    if transposed:
        images = images.transpose(0, 2, 1)
    assert loaded(data) == pairs(images, y)


def test_the_last_fifth_of_each_label_tests(folder):
    y = np.array([7] * 11 + [4] * 4 + [7] + [2] * 5)
    frame = pd.DataFrame(np.arange(len(y)).repeat(16).reshape(-1, 16)).assign(y=y)
    frame.to_csv(folder / "any.csv", index=False)
    with pytest.warns(UserWarning, match="from 0 to 19"):
        data = load_mnist(folder / "any.csv")
    # Of twelve times 7 the last two, of four times 4 none, of five times 2 the last.
    assert data.images_test[:, 0, 0].tolist() == [10, 15, 20]
    assert data.images_train[:, 0, 0].tolist() == [
        *range(10),
        11,
        12,
        13,
        14,
        16,
        17,
        18,
        19,
    ]
    assert data.y_test.tolist() == [7, 7, 2]
    assert "last fifth" in data.DESCR


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(
            (9, value)
            for value in ["256", "-1", "0.5", "", "nan", "two", "True", "0x10"]
        ),
        *((16, value) for value in ["0.5", "", "?", "NaN", "=9"]),
    ],
)
def test_other_values_are_refused_with_row_and_column(folder, frame, column, value):
    frame = frame.astype(object).iloc[:20, -17:]
    frame.columns = [*(f"p{i}" for i in range(16)), "class"]
    frame["class"] += 10
    frame.iloc[6, column] = value
    frame.to_csv(folder / "any.csv", index=False)
    message = refused(folder / "any.csv")
    assert f"row 7, column {column + 1} ({frame.columns[column]!r})" in message
    assert f"holds {value!r}" in message


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_a_table_large_enough_for_several_threads(folder, ending):
    """From 5 MB on, pandas reads parts of a file at once."""
    X = np.random.default_rng(0).integers(100, 256, (4000, 400), np.uint8)
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(400)])
    frame.insert(0, "label", np.arange(4000) % 7)
    content = "" if ending == "\n" else "\n"  # as a blank line before
    content += frame.to_csv(index=False, lineterminator=ending)
    (folder / "any.csv").write_text(content, newline="")
    assert loaded(load_mnist(folder / "any.csv")) == pairs(
        X, (np.arange(4000) % 7).tolist()
    )
    head, middle, tail = content.partition(f"{ending}6,")
    (folder / "any.csv").write_text(f"{head}{middle}x{tail}", newline="")
    assert re.search(r"row 7, column 2 .* holds 'x\d", refused(folder / "any.csv"))


def test_names_that_end_in_another_way_than_rows(folder):
    X = np.full((4000, 400), 200, np.uint8)
    rows = "\n".join(",".join(["1", *map(str, row)]) for row in X)
    names = ",".join(["label", *(f"pixel{i}" for i in range(400))])
    (folder / "any.csv").write_text(f"{names}\r0{rows[1:]}", newline="")
    assert loaded(load_mnist(folder / "any.csv"))[0][1] == "0"


ROW = ",".join(map(str, range(100, 125)))
NAMES = ",".join(f"p{i}" for i in range(16))
ZEROS = ",".join("0" * 16)

WRONG_TABLES = {
    "empty": ("", "it has no rows"),
    "names alone": (f"label,{NAMES}\n", "it has no rows"),
    "labels alone": ("label\n1\n2\n", "a single column"),
    "two columns": ("1,2\n2,3\n", "fewer than 16 pixels"),
    "pictures' numbers": ("image,digit\n1,2\n2,3\n", "fewer than 16 pixels"),
    "1 x 1 pixel": ("label,1x1\n" + "1,2\n2,3\n" * 9, "fewer than 16 pixels"),
    "3 x 3 pixels": ("1,2,3,4,5,6,7,8,9,0\n" * 9, "fewer than 16 pixels"),
    "a row too short": (
        f"label,{NAMES}\n1,{ZEROS[:-2]}\n",
        "row 1, column 17 ('p15') holds ''",
    ),
    "a row too long": (
        f"label,{NAMES}\n1,{ZEROS}\n2,{ZEROS},3\n",
        "Expected 17 fields in line 3, saw 18",
    ),
    "rows too long": (
        f"label,{NAMES}\n1,{ZEROS},3,4\n2,{ZEROS},3,4\n",
        "rows with more values than its first line",
    ),
    "an empty column that is not empty": (
        f"label,{NAMES}\n1,{ZEROS},\n2,{ZEROS},3\n",
        "more than a label and pixels: ''",
    ),
    "a label that is no label": (
        "".join(f"{label},{ZEROS}\n" for label in "0101010101?"),
        "row 11, column 1, the label, holds '?'",
    ),
    "NUL bytes": ("1,2\n" * 300 + "0,2\0\n", "it holds NUL bytes"),
    "25 values": (f"{ROW}\n" * 9, "it has pixels and no labels"),
    "pixels without labels": (f"{NAMES}\n{ZEROS}\n", "it has pixels and no labels"),
    "fewer than 5 of a label": (
        f"label,{NAMES}\n" + f"1,{ZEROS}\n0,{ZEROS}\n" * 2,
        "has no 5 images",
    ),
}


@pytest.mark.parametrize("kind", WRONG_TABLES)
def test_wrong_tables(folder, kind):
    text, words = WRONG_TABLES[kind]
    assert words in refused(write(folder / "wrong.csv", text))


def test_an_array_as_numpy_prints_it(folder, X, y):
    frame = pd.DataFrame(
        {"label": y[:20], "pixels": [str(np.repeat(row, 2)) for row in X[:20]]}
    )
    frame.to_csv(folder / "wrong.csv", index=False)
    assert "without most of its values" in refused(folder / "wrong.csv")


@pytest.mark.parametrize("kind", ["cut short", "a wrong checksum", "no UTF-8"])
def test_damaged_bytes(folder, frame, kind):
    whole = gzip.compress(frame.to_csv(index=False).encode())
    content = {
        "cut short": whole[:-100],
        "a wrong checksum": whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:],
        "no UTF-8": b"label,p\n\xff,0\n",
    }
    assert "cannot be read" in refused(write(folder / "wrong.csv", content[kind]))


def test_messages_print_no_control_characters(folder):
    path = folder / "\x1b[2Jred.csv"
    path.write_text(f"\x1b[31mlabel,{NAMES}\n\x1b[31m,{ZEROS}\n")
    assert "\x1b" not in refused(path)
    path.write_text(f"label,{NAMES}\n" + f"1,{ZEROS}\n2,{ZEROS}\n" * 5)
    with pytest.warns(UserWarning, match="red") as warned:
        data = load_mnist(path)
    assert "\x1b" not in str(warned[0].message)
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

    def test_few_rows_without_names(self, tmp_path, X, y):
        write(tmp_path / "mnist_train.csv", without_names(X[:80], y[:80]))
        write(tmp_path / "mnist_test.csv", without_names(X[80:92], y[80:92]))
        data = load_mnist(tmp_path)
        np.testing.assert_array_equal(data.X_test, X[80:92])
        np.testing.assert_array_equal(data.y_test, y[80:92])

    def test_the_pair_with_images_among_others(self, tmp_path, frame):
        for part in ("train", "test"):  # as in Colab
            frame.to_csv(tmp_path / f"digits_{part}.csv", index=False)
            (tmp_path / f"california_housing_{part}.csv").write_text(
                "longitude,latitude\n1,2\n"
            )
        (tmp_path / "latest.csv").touch()
        assert loaded(load_mnist(tmp_path)) == loaded(load_mnist(tmp_path / "digits"))

    def test_letters_in_one_of_them(self, tmp_path):
        for part, labels in (("train", "012abc"), ("test", "012012")):
            frame = pd.DataFrame({f"p{i}": range(200, 206) for i in range(16)})
            frame.assign(label=list(labels)).to_csv(
                tmp_path / f"{part}.csv", index=False
            )
        data = load_mnist(tmp_path)
        assert data.y_train.tolist() == list("012abc")
        assert data.y_test.tolist() == list("012012")
        assert list(data.target_names) == list("012abc")
        assert load_mnist(tmp_path, classes=["a", "0"][1:]).y_train.tolist() == ["0"]

    @pytest.mark.parametrize(
        "options",
        [{"index": True}, {"index": False}, {"index": False, "header": False}],
        ids=["names and an index", "names", "no names"],
    )
    @pytest.mark.parametrize("names", [PIXELS, range(784)], ids=["pixel0", "0"])
    def test_unlabelled_test_images(self, tmp_path, X, y, names, options):
        labelled = pd.DataFrame(X, columns=names)
        labelled.insert(0, "label", y)
        labelled.to_csv(tmp_path / "train.csv", **options)
        labelled.drop(columns="label").to_csv(tmp_path / "test.csv", **options)
        with pytest.warns(
            UserWarning, match=r"test\.csv' has no labels .*last fifth"
        ) as warned:
            data = load_mnist(tmp_path)
        assert warned[0].filename == __file__
        assert loaded(data) == pairs(X, y)
        assert "has pixels and no labels" in refused(tmp_path / "test.csv")

    def test_a_label_by_another_name_in_one_of_them(self, tmp_path, frame):
        frame = frame.rename(columns={"class": "number"})
        frame.to_csv(tmp_path / "train.csv", index=False)
        frame.drop(columns="number").to_csv(tmp_path / "test.csv", index=False)
        with pytest.warns(UserWarning, match="has no labels"):
            data = load_mnist(tmp_path, target_column="number")
        assert loaded(data) == pairs(frame.iloc[:, :-1], frame["number"])

    def test_lines_load_the_pair(self, tmp_path, X, y, line_runner):
        write(tmp_path / "train.csv", more_columns(X[:80], y[:80], ImageId=range(80)))
        write(tmp_path / "test.csv", more_columns(X[80:], y[80:], ImageId=range(20)))
        with pytest.raises(ValueError, match="more than a label and pixels") as caught:
            load_mnist(tmp_path)
        assert line_runner.run(lines_of(caught.value)) == pairs(X, y)

    def test_a_label_by_another_name_in_both(self, tmp_path, frame):
        frame = frame.rename(columns={"class": "number"})
        frame[:80].to_csv(tmp_path / "train.csv", index=False)
        frame[80:].to_csv(tmp_path / "test.csv", index=False)
        data = load_mnist(tmp_path, target_column="number")
        assert len(data.X_test) == 20
        assert loaded(data) == pairs(frame.iloc[:, :-1], frame["number"])

    def test_other_columns_in_the_table_to_test(self, tmp_path, frame):
        frame.to_csv(tmp_path / "train.csv", index=False)
        other = frame.drop(columns="class").set_axis(
            [f"p{i}q{i}" for i in range(784)], axis=1
        )
        other.to_csv(tmp_path / "test.csv", index=False)
        with pytest.raises(
            ValueError, match=r"test\.csv' cannot be read: .* by their names"
        ):
            load_mnist(tmp_path)

    def test_a_damaged_table(self, tmp_path, frame):
        content = gzip.compress(frame.to_csv(index=False).encode())
        (tmp_path / "train.csv.gz").write_bytes(content[:2000])
        (tmp_path / "test.csv.gz").write_bytes(content)
        with pytest.raises(ValueError, match=r"train\.csv\.gz' cannot be read"):
            load_mnist(tmp_path)

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


SPLITS = ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")


class TestEmnist:
    @pytest.fixture
    def images(self, sample):
        return sample.images_test[:100]

    def write(self, path, images, y):
        np.savetxt(path, np.c_[y, images.reshape(100, 784)], "%d", ",")

    @pytest.fixture
    def letters(self, tmp_path, images, y):
        """The folder of the two tables of letters."""
        for part in ("train", "test"):
            path = tmp_path / f"emnist-letters-{part}.csv"
            self.write(path, images.transpose(0, 2, 1), y + 1)
        return tmp_path

    @pytest.mark.parametrize("source", [".", "emnist-letters"])
    def test_published_files_come_upright(self, letters, images, source):
        data = load_mnist(letters / source)
        np.testing.assert_array_equal(data.images_train, images)
        assert list(data.target_names) == list("ABCDEFGHIJ")

    def test_one_published_file_comes_upright(self, letters, images, y):
        alone = load_mnist(letters / "emnist-letters-train.csv")
        assert loaded(alone) == pairs(images, y + 1)
        assert "here they are upright" in alone.DESCR

    def test_a_published_file_may_be_read_as_it_is(self, letters, images, y):
        kept = load_mnist(letters / "emnist-letters-train.csv", transposed=False)
        assert loaded(kept) == pairs(images.transpose(0, 2, 1), y + 1)
        assert "upright" not in kept.DESCR

    @pytest.mark.parametrize("split", SPLITS)
    def test_all_splits(self, tmp_path, images, y, split):
        path = tmp_path / f"emnist-{split}-test.csv"
        self.write(path, images.transpose(0, 2, 1), y)
        assert loaded(load_mnist(path)) == pairs(images, y)

    @pytest.mark.parametrize(
        "name",
        [
            "emnist-letters.csv",
            "emnist_letters_train.csv",
            "EMNIST_train.csv",
            "emnist-letters-train-upright.csv",
            "emnist-digits-train (1).csv",
            "my-emnist.npz",
        ],
    )
    @pytest.mark.parametrize("is_swapped", [True, False])
    def test_other_names_are_refused(
        self, tmp_path, images, y, name, is_swapped, line_runner
    ):
        stored = images.transpose(0, 2, 1) if is_swapped else images
        if name.endswith(".npz"):
            np.savez(
                tmp_path / name,
                x_train=stored,
                y_train=y,
                x_test=stored[:1],
                y_test=y[:1],
            )
            expected = sorted([*pairs(images, y), *pairs(images[:1], y[:1])])
        else:
            self.write(tmp_path / name, stored, y)
            expected = pairs(images, y)
        message = refused(tmp_path / name)
        assert "transposed" in message
        line = lines_of(message)[0 if is_swapped else 1]
        assert line_runner.run([line]) == expected

    def test_half_of_a_pair_by_another_name(self, tmp_path, images, y):
        self.write(tmp_path / "emnist-letters-train.csv", images.transpose(0, 2, 1), y)
        self.write(
            tmp_path / "emnist-letters-test-again.csv", images.transpose(0, 2, 1), y
        )
        assert "test-again" in refused_source(tmp_path)
        data = load_mnist(tmp_path, transposed=True)
        np.testing.assert_array_equal(data.images_test, images)
        assert "EMNIST:" not in data.DESCR  # which split it is, is not certain

    def test_transposed_is_for_files(self):
        with pytest.raises(
            ValueError, match=r"transposed=True is for files, but source='sample'"
        ):
            load_mnist("sample", transposed=True)
        with pytest.raises(
            TypeError, match=r"'transposed' parameter of load_mnist .* Got 'yes'"
        ):
            load_mnist("sample", transposed="yes")


class TestLevels:
    """Pixels that are not on MNIST's scale, with which a network trains badly."""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda X: X // 16, ["pixels are from 0 to 15", "X / 15"]),
            (
                lambda X: (X > 127).astype(int),
                ["pixels are 0 and 1", "need no scaling"],
            ),
            (lambda X: 255 - X, ["images are dark on light", "255 - X inverts"]),
            (
                lambda X: 15 - X // 16,
                ["from 0 to 15", "dark on light", "15 - X inverts"],
            ),
        ],
        ids=["16 levels", "two levels", "dark on light", "16 levels, dark on light"],
    )
    @pytest.mark.parametrize("kind", ["table", "npz"])
    def test_are_reported_once(self, tmp_path, X, y, change, words, kind):
        X = change(X)
        if kind == "table":
            path = write(tmp_path / "levels.csv", with_label(X, y))
        else:
            path = tmp_path / "levels.npz"
            images = X.reshape(-1, 28, 28)
            np.savez(path, x_train=images, y_train=y, x_test=images, y_test=y)
        with pytest.warns(UserWarning, match=re.escape(str(path))) as warned:
            data = load_mnist(path)
        assert len(warned) == 1
        assert warned[0].filename == __file__
        for word in words:
            assert word in str(warned[0].message)
            assert word in data.DESCR

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        "change",
        [lambda X: X, lambda X: np.where(X > 127, 255, 0), lambda X: np.maximum(X, 40)],
        ids=["as they are", "two levels of 255", "on grey"],
    )
    def test_mnist_s_are_not(self, tmp_path, X, y, change):
        assert (
            load_mnist(write(tmp_path / "levels.csv", with_label(change(X), y)))
            is not None
        )
