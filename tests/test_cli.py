"""The command line: what it prints and writes, and how errors end it."""

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import skops.io
from matplotlib.image import imread
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmnist
from skmnist import SimpleMLPClassifier, load_mnist, read_digit
from skmnist.cli import main
from skmnist.cli._options import ACTIVATIONS
from skmnist.engine.layers import activation_names
from skmnist.persistence import load, save, to_onnx
from tests.helpers import assert_same_network

FIGURES = sorted(
    f"{name}.png"
    for name in (
        "confusion_matrix",
        "first_digits",
        "hidden_units",
        "predictions",
        "training",
    )
)
PICTURES = Path(__file__).parent / "pictures"
# Would clear the screen and rename the window.
CONTROL = "\x1b[2J\x07\n\x9b1m"


@pytest.fixture(scope="module", autouse=True)
def _environment():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SKMNIST_DATA", "FORCE_COLOR", "COLUMNS", "NO_COLOR"):
            patch.delenv(name, raising=False)
        yield


class Run:
    """A run in this process, with its output."""

    def __init__(self, *arguments, out=None):
        out, err = out or io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                self.status = main([str(argument) for argument in arguments])
            except SystemExit as end:
                self.status = end.code
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def accuracy(self):
        return float(re.search(r"Test accuracy: ([\d.]+)", self.out)[1])


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(scope="module")
def small_data(sample, tmp_path_factory):
    """A file of 200 images to train and 60 to test that are higher than wide."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(
        path,
        x_train=sample.images_train[:200, :, 4:24],
        y_train=sample.y_train[:200],
        x_test=sample.images_test[:60, :, 4:24],
        y_test=sample.y_test[:60],
    )
    return path


def assert_in_order(text, parts):
    positions = [text.find(part) for part in parts]
    assert -1 not in positions, parts[positions.index(-1)]
    assert positions == sorted(positions)


def assert_figures(folder, names):
    assert sorted(os.listdir(folder)) == names
    for name in names:
        image = imread(folder / name)
        assert image.shape[0] > 200
        assert np.ptp(image[..., 0]) == 1


def test_the_tutorial_without_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pyplot = matplotlib.get_backend(), plt.get_fignums()
    run = Run()
    assert (run.status, run.err) == (0, "")
    expected = [
        *(
            "images_train  uint8 of shape (4000, 28, 28)",
            "The first digits are 2, 0, 9, 3, 4.",
        ),
        *("(None, 784)", "(None, 5)", "(None, 10)"),
        "Total params: 3,985",  # not those of the optimizer
        # The tutorial's steps.
        "4,000 images, pixels scaled to 0 to 1; 75 epochs of 125 gradient steps",
        *(
            "Epoch  1/75  loss ",
            "Epoch 75/75  loss ",
            "The training took ",
            "Test accuracy: 0.",
            "weighted avg",
        ),
        f"The figures are in {tmp_path.resolve() / 'skmnist-output'}",
        "Try next: skmnist --search 5 16 64 128\n",
    ]
    assert_in_order(run.out, expected)
    rows = re.findall(r"^ +(\d) +[\d.]+ +[\d.]+ +[\d.]+ +(\d+)$", run.out, re.MULTILINE)
    assert rows == [(str(digit), "100") for digit in range(10)]
    *_, val_accuracy = re.findall(r"val_accuracy ([\d.]+)", run.out)
    assert float(val_accuracy) == run.accuracy
    assert not set("\x1b\r") & set(run.out)
    assert max(map(len, run.out.replace(str(tmp_path), "").splitlines())) <= 80
    assert_figures(tmp_path / "skmnist-output", FIGURES)
    assert (matplotlib.get_backend(), plt.get_fignums()) == pyplot


def test_options_reach_the_network_and_it_is_saved(small_data, tmp_path):
    folder, path = tmp_path / "not" / "there" / "yet", tmp_path / "nor" / "this.skops"
    options = "--epochs 3 --hidden-units 7 3 --activation relu --batch-size 20 "
    options += "--learning-rate 0.01"
    files = ["--data", small_data, "--output", folder, "--save", path]
    run = Run(*options.split(), *files, "--seed", "3")
    assert (run.status, run.err) == (0, "")
    data = load_mnist(small_data)
    by_hand = SimpleMLPClassifier(
        (7, 3),
        activation="relu",
        epochs=3,
        batch_size=20,
        learning_rate=0.01,
        random_state=3,
    ).fit(data.images_train / np.float32(255), data.y_train)
    saved = load(path)
    assert_same_network(saved[-1], by_hand)
    assert run.accuracy == pytest.approx(
        saved.score(data.images_test, data.y_test), abs=1e-4
    )
    assert_in_order(run.out, ["3 epochs of 10 gradient steps", f"saved in {path}"])
    assert_figures(folder, FIGURES)


@pytest.mark.slow
def test_softmax_regression_on_raw_pixels_for_1000_epochs(
    small_data, tmp_path, monkeypatch
):
    monkeypatch.setenv("TERM", "dumb")
    options = [
        "--hidden-units",
        "--raw-pixels",
        "--batch-size",
        "200",
        "--epochs",
        "1000",
    ]
    files = [
        "--data",
        small_data,
        "--output",
        tmp_path / "figures",
        "--save",
        tmp_path / "a.skops",
    ]
    run = Run(*options, *files, out=Terminal())
    assert run.status == 0
    assert [kernel.shape for kernel in load(tmp_path / "a.skops").coefs_] == [(560, 10)]
    assert "200 images, raw pixels; 1,000 epochs of 1 gradient step\n" in run.out
    epochs = [line for line in run.out.splitlines() if line.startswith("Epoch")]
    assert epochs[-1].startswith("Epoch 1000/1000 loss")
    assert all(
        re.search(r"val_accuracy \d\.\d+$", line) for line in epochs
    )  # not wrapped
    assert "\x1b" not in run.out


def test_a_search_ranks_trains_saves_and_draws(small_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    folder, path = tmp_path / "figures", tmp_path / "best.skops"
    options = "--search 7 3 16 7 --epochs 4 --activation relu --batch-size 20 "
    options += "--learning-rate 0.01"
    files = ["--data", small_data, "--output", folder, "--save", path]
    run = Run(*options.split(), *files, out=Terminal())
    assert (run.status, run.err) == (0, "")
    data = load_mnist(small_data)
    classifier = SimpleMLPClassifier(
        activation="relu", epochs=4, batch_size=20, learning_rate=0.01, random_state=0
    )
    by_hand = GridSearchCV(classifier, {"hidden_units": [7, 3, 16]}, cv=3)
    by_hand.fit(data.images_train / np.float32(255), data.y_train)

    announced = "hidden units: 7, 3, 16; 200 images in 3 folds, pixels scaled to 0 to 1"
    # scikit-learn has progress bars from 1.9 on.
    progress = "GridSearchCV - search" if find_spec("sklearn.callback") else "[CV] END"
    parts = [announced, "9 fits of 4 epochs", progress, "rank_test_score"]
    parts.append("fit_time: seconds of a usual fit")
    (best_width,) = by_hand.best_params_.values()
    best = f"Best: {best_width} hidden units, mean accuracy {by_hand.best_score_:.4f}; "
    parts += [f"{best}trained on all 200 images", "The search took "]
    assert_in_order(
        run.out, [*parts, "Test accuracy: ", "weighted avg", f"in {folder}"]
    )
    assert "Try next: skmnist predict" in run.out
    assert not re.search(r"\x1b\[[\d;]*m", run.out)  # colours and bold letters
    rows = re.findall(
        r"^ +(\d+) +(\d+) +([\d.]+) +[\d.]+ +[\d.]+$", run.out, re.MULTILINE
    )
    scores = dict(zip((7, 3, 16), by_hand.cv_results_["mean_test_score"], strict=True))
    assert [int(rank) for rank, _, _ in rows] == sorted(
        by_hand.cv_results_["rank_test_score"]
    )
    assert {int(width): float(score) for _, width, score in rows} == pytest.approx(
        scores, abs=1e-4
    )
    assert_same_network(load(path)[-1], by_hand.best_estimator_)
    score = by_hand.score(data.images_test / np.float32(255), data.y_test)
    assert run.accuracy == pytest.approx(score, abs=1e-4)
    assert_figures(folder, sorted([*FIGURES, "search.png"]))


def assert_percent(shown, probability):
    """A probability in brackets is in whole per cent, and never wrongly 0 or 100."""
    if shown == "(>99%)":
        assert 0.995 <= probability < 1
    elif shown == "(<1%)":
        assert 0 < probability < 0.005
    else:
        assert shown == f"({probability:.0%})"
        assert (shown == "(0%)") == (probability == 0)
        assert (shown == "(100%)") == (probability == 1)


class TestPredict:
    def test_prints_the_three_likeliest_digits(self, pipeline, tmp_path):
        """Of a model of rows."""
        save(pipeline, tmp_path / "rows.skops")
        pictures = sorted(PICTURES.glob("*-drawn.png"))
        run = Run("predict", tmp_path / "rows.skops", *pictures)
        assert (run.status, run.err) == (0, "")
        for picture, line in zip(pictures, run.out.splitlines(), strict=True):
            name, *shown = line.split()
            probabilities = pipeline.predict_proba(read_digit(picture).reshape(1, -1))[
                0
            ]
            order = np.argsort(-probabilities, kind="stable")
            assert name == picture.name
            labels, percents = shown[::2], shown[1::2]
            assert labels == [str(i) for i in order[:3]]
            for percent, i in zip(percents, order, strict=False):
                assert_percent(percent, probabilities[i])

    def test_takes_a_search_over_steps_that_make_other_features(self, sample, tmp_path):
        pipeline = make_pipeline(
            StandardScaler(),
            PCA(random_state=0),
            SimpleMLPClassifier(8, random_state=0),
        )
        model = GridSearchCV(pipeline, {"pca__n_components": [30]}, cv=2)
        save(
            model.fit(sample.X_train[:500], sample.y_train[:500]),
            tmp_path / "pca.skops",
        )
        run = Run("predict", tmp_path / "pca.skops", PICTURES / "3-drawn.png")
        label = model.predict(read_digit(PICTURES / "3-drawn.png").reshape(1, -1))[0]
        assert run.out.startswith(f"3-drawn.png   {label} (")

    @pytest.mark.filterwarnings("default")
    def test_goes_on_after_errors_and_warnings_of_one_line(
        self, fitted_to_images, tmp_path
    ):
        save(fitted_to_images, tmp_path / "images.skops")
        (tmp_path / "text.png").write_text("no picture")
        bad = [
            tmp_path / "text.png",
            tmp_path / "none.png",
            PICTURES / "several-427.png",
        ]
        run = Run("predict", tmp_path / "images.skops", *bad, PICTURES / "3-drawn.png")
        assert run.status == 1
        expected = [
            "skmnist: error: .*text.png.*\n",
            "skmnist: error: .*none.png.*\n",
            "skmnist: warning: .*several-427.png.*\n",
        ]
        assert re.fullmatch("".join(expected), run.err)
        assert re.fullmatch(
            r"several-427.png +\d \(.*\)\n3-drawn.png +\d \(.*\)\n", run.out
        )

    def test_show_draws_a_row_for_each_picture_that_was_read(
        self, fitted_to_images, tmp_path
    ):
        save(fitted_to_images, tmp_path / "images.skops")
        picture = tmp_path / "$3_$^.png"  # as a formula, an error of matplotlib's
        picture.write_bytes((PICTURES / "3-drawn.png").read_bytes())
        shown = tmp_path / "not" / "there" / "yet" / "shown.png"
        pictures = [picture, tmp_path / "missing.png", PICTURES / "7-drawn.png"]
        run = Run("predict", tmp_path / "images.skops", *pictures, "--show", shown)
        assert run.status == 1
        assert run.out.endswith(f"drawn in {shown}\n")
        assert os.listdir(shown.parent) == ["shown.png"]
        image = imread(shown)
        height, width = image.shape[:2]
        blue = np.array(matplotlib.colors.to_rgb("tab:blue"))
        for row in (image[: height // 2, :, :3], image[height // 2 :, :, :3]):
            given, seen, bars = np.split(
                row[: height // 2], [width // 4, width // 2], axis=1
            )
            assert (
                given.mean() > seen.mean() + 0.2
            )  # black on white, and white on black
            assert (abs(bars - blue) < 0.01).all(axis=2).any()

    @pytest.mark.skipif(
        sys.platform == "win32", reason="names of files that POSIX allows"
    )
    def test_control_characters_are_escaped(self, digits, tmp_path):
        names = np.array([f"digit {label}{CONTROL}" for label in range(10)])
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        model = tmp_path / "words.skops"
        save(classifier.fit(digits.images, names[digits.y]), model)
        picture = tmp_path / f"3{CONTROL}.png"
        picture.write_bytes((PICTURES / "3-drawn.png").read_bytes())
        run = Run("predict", model, picture, tmp_path / f"missing{CONTROL}")
        escaped = r"\x1b[2J\x07\n\x9b1m"
        assert run.out.startswith(f"3{escaped}.png ")
        assert run.out.count(f"{escaped} (") == 3
        assert f"missing{escaped}" in run.err
        assert not set(CONTROL) & set(run.out[:-1] + run.err[:-1]) - set("[2J1m")

    @pytest.mark.parametrize(
        ("write", "message"),
        [
            (lambda path: None, "No such file"),
            (lambda path: path.write_bytes(b"rubbish"), "can't be loaded"),
            (
                lambda path: save(LogisticRegression(), path),
                "holds a LogisticRegression",
            ),
            (lambda path: save(SimpleMLPClassifier(), path), "not fitted yet"),
            (
                lambda path: save(
                    SimpleMLPClassifier().fit(np.eye(9), np.arange(9) % 2), path
                ),
                r"trained on samples of shape \(9,\)",
            ),
            (
                lambda path: path.write_bytes(skops.io.dumps(print)),
                "types that are not trusted",
            ),
        ],
    )
    def test_wrong_models_end_in_one_line(self, tmp_path, write, message):
        write(tmp_path / "model.skops")
        run = Run("predict", tmp_path / "model.skops", PICTURES / "7-drawn.png")
        assert (run.status, run.out) == (1, "")
        assert re.fullmatch(rf"skmnist: error: .*{message}.*\n", run.err)


@pytest.mark.slow
def test_a_process_imports_no_more_than_it_needs(fitted, tmp_path):
    """And its output is a pipe for ASCII."""
    save(fitted, tmp_path / "digits.skops")
    picture = os.fsencode(tmp_path) + (
        b"/3-\xff.png" if sys.platform == "linux" else b"/3.png"
    )
    with open(picture, "wb") as file:
        file.write((PICTURES / "3-drawn.png").read_bytes())
    code = (
        "import sys\n"
        "from skmnist.cli import main\n"
        "for option in ('--help', '--version'):\n"
        "    try: main([option])\n"
        "    except SystemExit as end: assert end.code == 0\n"
        "assert not {'sklearn', 'numpy'} & {*sys.modules}\n"
        "sys.modules |= dict.fromkeys(('tensorflow', 'keras', 'scikeras'))\n"
        "sys.exit(main(['predict', *sys.argv[1:]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "digits.skops", os.fsdecode(picture)],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("ascii")
    for option in (
        "--data",
        "--raw-pixels",
        "--search",
        "--activation",
        "--epochs",
        "--save",
    ):
        assert re.search(f"^  {option}( |$)", text, re.MULTILINE)
    *help_text, version, answer = text.splitlines()
    assert max(map(len, help_text)) <= 80
    assert version == f"skmnist {skmnist.__version__}"
    assert answer.startswith(
        r"3-\udcff.png   " if sys.platform == "linux" else "3.png "
    )


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                "--hidden-units 5 -3",
                "argument --hidden-units: must be a whole number greater than",
            ),
            (
                "--hidden-units 2.5",
                "argument --hidden-units: must be a whole number greater than",
            ),
            ("--search", "argument --search: expected at least one argument"),
            (
                "--search 5 --hidden-units 7",
                "--hidden-units: not allowed with argument --search",
            ),
            (
                "--learning-rate inf",
                "argument --learning-rate: must be a number greater than 0",
            ),
            (
                "--seed 4294967296",
                r"argument --seed: must be a whole number from 0 to 2\*\*32 - 1",
            ),
            (
                "--epoch 3",
                r"unrecognized arguments: --epoch 3. Did you mean --epochs\?",
            ),
            (
                "search 5 16",
                r"unrecognized arguments: search 5 16. Did you mean --search\?",
            ),
            ("predct a.skops b.png", r"Did you mean predict\?"),
            ("xyz", r"unrecognized arguments: xyz. \(see"),
            ("--\x1b[2J", r"unrecognized arguments: --\\x1b\[2J"),
            (
                "--save m.pkl",
                r"--save: must end with .skops, as in 'm.skops', not 'm.pkl'",
            ),
            (
                "predict m.skops a.png --show b.jpg",
                "--show: must end with .png, .* not 'b.jpg'",
            ),
            ("predict m.skops", "the following arguments are required: PICTURE"),
            (
                "--activation rely",
                r"activation of Keras, not 'rely'. Did you mean relu\?",
            ),
            (
                "--activation xyzzy",
                "not 'xyzzy'. They are celu, elu, .*, tanh, tanh_shrink.",
            ),
            (
                "--transpose",
                r"unrecognized arguments: --transpose. Did you mean --transposed\?",
            ),
        ],
    )
    def test_wrong_options_end_in_one_line(self, arguments, message):
        run = Run(*arguments.split(" "))
        assert (run.status, run.out) == (2, "")
        assert re.fullmatch(rf"skmnist( predict)?: error: .*{message}.*\n", run.err)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--data", "fashon"], r"source='fashon': .*'fashion'"),
            (["--data", os.devnull], "is not a regular file"),
            (
                ["--target-column", "y"],
                "is not one. On the command line, --target-column gives",
            ),
            (["--output", __file__], "test_cli.py: File exists"),
            (["--save", f"{'a' * 300}.skops"], "a{300}.skops: File name too long"),
        ],
    )
    def test_what_cannot_be_done_ends_in_one_line_before_the_training(
        self, arguments, message, small_data, tmp_path
    ):
        defaults = ["--data", small_data, "--output", tmp_path, "--search", "3"]
        run = Run(*defaults, *arguments)
        assert run.status == 1
        assert re.fullmatch(rf"skmnist: error: .*{message}.*\n", run.err)
        assert "epoch" not in run.out

    def test_only_the_folder_of_the_figures_is_left_behind(self, small_data, tmp_path):
        assert (
            Run("--data", tmp_path / "no.npz", "--output", tmp_path / "figures").status
            == 1
        )
        assert os.listdir(tmp_path) == []
        folder, path = tmp_path / "folder.skops", tmp_path / "old.skops"
        path.write_bytes(b"old")
        folder.mkdir()
        # More units than the memory of any machine holds.
        options = ["--data", small_data, "--hidden-units", "9" * 12, "--output"]
        options.append(tmp_path / "figures")
        assert "--save needs a file name" in Run(*options, "--save", folder).err
        assert "weights" in Run(*options, "--save", path).err
        assert path.read_bytes() == b"old"
        assert sorted(os.listdir(tmp_path)) == ["figures", "folder.skops", "old.skops"]

    def test_lines_of_code_stay_lines(self, tmp_path):
        (tmp_path / "mnist-original.mat").write_bytes(b"MATLAB 5.0")
        run = Run(
            "--data", tmp_path / "mnist-original.mat", "--output", tmp_path / "figures"
        )
        assert (run.status, run.out) == (1, "")
        first, *lines = run.err.splitlines()
        assert first.startswith("skmnist: error: ")
        assert first.endswith("is a MATLAB file. These lines read it:")
        assert lines[0] == "    import scipy.io"
        assert lines[-1] == "    SimpleMLPClassifier().fit(X / X.max(), y)"

    @pytest.mark.parametrize("backend", ["missing.part", "rich"])
    def test_a_package_that_is_missing_ends_in_one_line(
        self, tmp_path, monkeypatch, backend
    ):
        name = backend.partition(".")[0]
        error = ModuleNotFoundError(f"No module named {backend!r}", name=backend)

        def load_nothing(*arguments, **options):
            raise error

        monkeypatch.setattr("skmnist.cli._train.load_mnist", load_nothing)
        run = Run("--output", tmp_path)
        assert (run.status, run.out) == (1, "")
        assert run.err == (
            f"skmnist: error: No module named {backend!r}. Install {name}, as by: "
            f"pip install {name}\n"
        )

    def test_another_backend_of_keras_that_is_missing(self, tmp_path, monkeypatch):
        error = ModuleNotFoundError("No module named 'jax'", name="jax")

        def load_nothing(*arguments, **options):
            raise error

        monkeypatch.setenv("KERAS_BACKEND", "jax")
        monkeypatch.setattr("skmnist.cli._train.load_mnist", load_nothing)
        run = Run("--output", tmp_path)
        assert re.fullmatch(
            "skmnist: error: .*KERAS_BACKEND is 'jax', .* TensorFlow: unset it.\n",
            run.err,
        )


def test_the_activations_are_keras_s():
    """They are listed in the package, since importing Keras takes seconds."""
    assert sorted(ACTIVATIONS) == sorted(activation_names())


class TestTables:
    """Files that do not show by themselves what is in them."""

    @pytest.fixture
    def labels_last(self, small_data, tmp_path):
        data = load_mnist(small_data)
        path = tmp_path / "labels_last.csv"
        images = np.pad(data.images_train, [(0, 0), (0, 0), (4, 4)]).reshape(200, 784)
        np.savetxt(path, np.c_[images, data.y_train], "%d", ",")
        return path

    def test_the_message_names_the_option(self, labels_last, tmp_path):
        run = Run("--data", labels_last, "--output", tmp_path)
        assert run.status == 1
        assert run.err.endswith(
            "On the command line, --target-column gives target_column.\n"
        )

    @pytest.mark.parametrize(
        "options",
        [["--target-column", "-1"], ["--target-column=784", "--no-transposed"]],
        ids=" ".join,
    )
    def test_the_option_tells_the_column(self, labels_last, tmp_path, options):
        more = ["--epochs", "1", "--output", tmp_path]
        run = Run("--data", labels_last, *options, *more)
        assert (run.status, run.err) == (0, "")
        assert "200 images, pixels scaled" not in run.out
        assert "pixels scaled to 0 to 1" in run.out

    def test_a_name_of_a_column(self, small_data, tmp_path):
        data = load_mnist(small_data, as_frame=True)
        names = [f"{i}x{j}" for i in range(28) for j in range(20)]
        frame = data.X_train.set_axis(names, axis=1).assign(number=data.y_train)
        frame.to_csv(tmp_path / "digits.csv", index=False)
        files = ["--data", tmp_path / "digits.csv", "--output", tmp_path / "figures"]
        assert "--target-column gives target_column" in Run(*files).err
        assert Run(*files, "--target-column", "number", "--epochs", "1").status == 0

    @pytest.mark.parametrize("option", ["--transposed", "--no-transposed"])
    def test_orientation(self, small_data, tmp_path, option):
        data = load_mnist(small_data)
        images = data.images_train
        if option == "--transposed":
            images = images.transpose(0, 2, 1)
        parts = {"x_train": images, "y_train": data.y_train}
        parts |= {"x_test": images[:60], "y_test": data.y_train[:60]}
        np.savez(tmp_path / "emnist.npz", **parts)
        files = ["--data", tmp_path / "emnist.npz", "--output", tmp_path / "figures"]
        message = Run(*files).err
        assert "--transposed or --no-transposed gives transposed" in message
        saved = tmp_path / "network.skops"
        assert Run(*files, option, "--epochs", "1", "--save", saved).status == 0
        assert load(saved)[-1].image_shape_ == (28, 20)


@pytest.fixture(scope="module", params=[1, 16, 255])
def trained(request, sample, tmp_path_factory):
    """The highest level, the images, a run, and the network that it saved."""
    highest = request.param
    folder = tmp_path_factory.mktemp("levels")
    parts = {
        "x_train": np.rint(sample.images_train[:1000] / 255 * highest).astype(np.uint8),
        "y_train": sample.y_train[:1000],
        "x_test": np.rint(sample.images_test / 255 * highest).astype(np.uint8),
        "y_test": sample.y_test,
    }
    np.savez(folder / "levels.npz", **parts)
    options = ["--hidden-units", "32", "--learning-rate", "0.01", "--epochs", "15"]
    files = [
        "--data",
        folder / "levels.npz",
        "--output",
        folder,
        "--save",
        folder / "a.skops",
    ]
    return highest, parts, Run(*options, *files), folder / "a.skops"


@pytest.mark.filterwarnings("default")
class TestLevels:
    """Pixels are scaled by the highest of the images to train on."""

    def test_the_accuracy_is_that_of_255_levels(self, trained):
        _, parts, run, saved = trained
        assert run.status == 0
        assert run.accuracy > 0.8
        score = load(saved).score(parts["x_test"], parts["y_test"])
        assert score == pytest.approx(run.accuracy, abs=1e-4)

    def test_is_said(self, trained):
        highest, _, run, _ = trained
        if highest == 255:
            assert "pixels scaled to 0 to 1;" in run.out
            assert run.err == ""
        else:
            assert f"pixels scaled to 0 to 1 (divided by {highest});" in run.out
            assert re.fullmatch("skmnist: warning: .*not on MNIST's scale.*\n", run.err)

    def test_predict_reads_pictures_on_that_scale(self, trained):
        _, _, _, saved = trained
        pictures = sorted(PICTURES.glob("*-drawn.png"))
        run = Run("predict", saved, *pictures)
        right = [line.split()[1] == line[0] for line in run.out.splitlines()]
        assert np.mean(right) >= 0.7

    def test_onnx_has_the_same_scale(self, trained, tmp_path):
        onnxruntime = pytest.importorskip("onnxruntime")
        _, parts, _, saved = trained
        to_onnx(load(saved), tmp_path / "a.onnx")
        session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
        _, probabilities = session.run(None, {"X": parts["x_test"].astype(np.float32)})
        expected = load(saved).predict_proba(parts["x_test"])
        np.testing.assert_allclose(probabilities, expected, atol=1e-5)


class TestCommand:
    """What is shown to be called next is what was called."""

    def run(self, *command, folder):
        arguments = ["--epochs", "1", "--output", folder]
        return subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {"PATH": os.defpath},
        ).stdout

    @pytest.mark.slow
    def test_python_m(self, tmp_path):
        out = self.run(sys.executable, "-m", "skmnist", folder=tmp_path)
        assert out.endswith(
            f"Try next: {sys.executable} -m skmnist --search 5 16 64 128\n"
        )

    @pytest.mark.parametrize(
        ("argv", "path", "expected"),
        [
            (["{bin}/skmnist"], "", "{bin}/skmnist"),
            (["{bin}/skmnist"], "{bin}", "skmnist"),
            (["-c"], "", "skmnist"),
            (["/site-packages/skmnist/__main__.py"], "", ".venv/bin/python -m skmnist"),
        ],
        ids=["by its path", "found on the path", "from Python", "python -m"],
    )
    def test_is_shown_as_it_was_called(
        self, tmp_path, monkeypatch, capsys, argv, path, expected
    ):
        program = tmp_path / "skmnist"
        program.touch(mode=0o755)
        monkeypatch.setenv("PATH", path.format(bin=tmp_path))
        monkeypatch.setattr(
            sys, "argv", [*(word.format(bin=tmp_path) for word in argv), "--wrong"]
        )
        monkeypatch.setattr(
            sys, "orig_argv", [".venv/bin/python", "-m", "skmnist", "--wrong"]
        )
        with pytest.raises(SystemExit):
            main()
        expected = expected.format(bin=tmp_path)
        assert capsys.readouterr().err.endswith(f"(see {expected} --help)\n")

    def test_usage_names_both_commands(self, capsys):
        with pytest.raises(SystemExit):
            main(["--help"])
        usage = capsys.readouterr().out.partition("\n\n")[0]
        assert "skmnist [options]" in usage
        assert "skmnist predict [--show FILE.png] NETWORK PICTURE" in usage
