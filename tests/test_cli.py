"""The command line: what a run prints and leaves behind, and how it ends when it cannot go on."""

import errno
import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from sklearn.model_selection import GridSearchCV

import skmnist
from skmnist import SimpleMLPClassifier, load_mnist
from skmnist.cli import main

FIGURES = ("first_digits.png", "predictions.png", "training.png", "confusion_matrix.png")
EPOCH = re.compile(
    r"Epoch +(\d+)/(\d+) +loss [\d.]+ +accuracy [\d.]+ +val_loss [\d.]+ +val_accuracy ([\d.]+)"
)


@pytest.fixture(scope="module", autouse=True)
def _own_environment():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SKMNIST_DATA", "FORCE_COLOR", "COLUMNS"):
            patch.delenv(name, raising=False)
        yield


class Run:
    """What a run with these arguments prints, and the folder with its figures."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.pyplot_before = matplotlib.get_backend(), plt.get_fignums()
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            self.status = main([*arguments, "--output", str(folder)])
        self.out, self.err = out.getvalue(), err.getvalue()
        self.pyplot_after = matplotlib.get_backend(), plt.get_fignums()

    def test_accuracy(self):
        return float(re.search(r"Test accuracy: ([\d.]+)", self.out)[1])


@pytest.fixture(scope="module")
def default_run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("default"))


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


@pytest.fixture(scope="module")
def small_run(small_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "not" / "there" / "yet"
    options = "--epochs 3 --hidden-units 7 3 --activation relu --batch-size 20 --learning-rate 0.01"
    return Run(folder, "--data", str(small_data), *options.split())


@pytest.fixture(scope="module")
def softmax_run(small_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("softmax")
    return Run(folder, "--data", str(small_data), "--hidden-units", "--batch-size", "1")


@pytest.fixture(scope="module")
def search_run(small_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    options = "--search 7 3 16 7 --epochs 4 --activation relu --batch-size 20 --learning-rate 0.01"
    return Run(folder, "--data", str(small_data), *options.split())


def is_picture(path):
    image = imread(path)
    return image.shape[0] > 200 and image.shape[1] > 500 and np.ptp(image[..., 0]) == 1


# The story


def test_the_default_run_tells_the_article(default_run):
    assert default_run.status == 0
    told = [
        "X_train  (4000, 28, 28)",
        "X_test   (1000, 28, 28)",
        "The first digits are 2, 0, 9, 3, 4.",
        "flatten",
        "(None, 784)",
        "(None, 5)",
        "(None, 10)",
        "3,985",
        "75 epochs of 125 gradient steps",  # the article's 9,375
        "Epoch  1/75",
        "Epoch 75/75",
        "Test accuracy: 0.8",
        "weighted avg",
        str(default_run.folder),
        *FIGURES,
    ]
    positions = [default_run.out.lower().find(text.lower()) for text in told]
    assert -1 not in positions, told[positions.index(-1)]
    assert positions == sorted(positions)


def test_what_the_optimizer_keeps_is_no_parameter_of_the_network(default_run):
    assert "Total params: 3,985" in default_run.out
    assert "Optimizer params" not in default_run.out


def test_the_default_run_is_quiet_on_stderr(default_run):
    assert default_run.err == ""


def test_every_shown_epoch_has_its_metrics(default_run):
    shown = [line for line in default_run.out.splitlines() if line.startswith("Epoch")]
    assert len(shown) >= 2
    assert all(EPOCH.match(line) for line in shown)


def test_validation_data_are_the_test_images_scaled_like_the_others(default_run):
    *_, (_, _, val_accuracy) = EPOCH.findall(default_run.out)
    assert float(val_accuracy) == pytest.approx(default_run.test_accuracy(), abs=1e-4)


def test_the_report_is_that_of_the_test_images(default_run):
    rows = re.findall(r"^ +(\d) +[\d.]+ +[\d.]+ +[\d.]+ +(\d+)$", default_run.out, re.MULTILINE)
    assert rows == [(str(digit), "100") for digit in range(10)]


def test_pixels_are_scaled(default_run, sample):
    by_hand = SimpleMLPClassifier(epochs=75, random_state=0)
    by_hand.fit(sample.X_train / np.float32(255), sample.y_train)
    score = by_hand.score(sample.X_test / np.float32(255), sample.y_test)
    assert default_run.test_accuracy() == pytest.approx(score, abs=1e-4)
    assert "pixels scaled to 0 to 1" in default_run.out


def test_raw_pixels_are_not_scaled(small_data, tmp_path):
    run = Run(tmp_path, "--data", str(small_data), "--raw-pixels", "--epochs", "4", "--seed", "3")
    data = load_mnist(small_data)
    by_hand = SimpleMLPClassifier(epochs=4, random_state=3).fit(data.X_train, data.y_train)
    score = by_hand.score(data.X_test, data.y_test)
    assert run.test_accuracy() == pytest.approx(score, abs=1e-4)
    assert "raw pixels" in run.out


def test_the_options_reach_the_network(small_run, small_data):
    assert small_run.status == 0
    data = load_mnist(small_data)
    by_hand = SimpleMLPClassifier(
        (7, 3), activation="relu", epochs=3, batch_size=20, learning_rate=0.01, random_state=0
    ).fit(data.X_train / np.float32(255), data.y_train)
    score = by_hand.score(data.X_test / np.float32(255), data.y_test)
    assert small_run.test_accuracy() == pytest.approx(score, abs=1e-4)
    assert f"{561 * 7 + 8 * 3 + 4 * 10:,}" in small_run.out  # parameters
    assert "3 epochs of 10 gradient steps" in small_run.out


def test_without_a_number_there_is_no_hidden_layer(softmax_run):
    assert softmax_run.status == 0
    assert f"{561 * 10:,}" in softmax_run.out


def test_the_default_epochs_follow_the_batch_size(softmax_run):
    # 9,400 steps, as near as whole epochs come to the article's 9,375
    assert "47 epochs of 200 gradient steps" in softmax_run.out


# The search

RANKED = re.compile(r"^ +(\d+) +(\d+) +([\d.]+) ± ([\d.]+) +[\d.]+ s( +best)?$", re.MULTILINE)


@pytest.fixture(scope="module")
def search_by_hand(small_data):
    data = load_mnist(small_data)
    classifier = SimpleMLPClassifier(
        activation="relu", epochs=4, batch_size=20, learning_rate=0.01, random_state=0
    )
    search = GridSearchCV(classifier, {"hidden_units": [7, 3, 16]}, cv=3)
    return search.fit(data.X_train / np.float32(255), data.y_train)


def test_the_search_says_what_it_does_and_what_has_come_out(search_run):
    assert search_run.status == 0
    assert search_run.err == ""
    told = [
        "The first digits are",
        "7, 3 and 16 hidden units; 200 images in 3 folds, pixels scaled to 0 to 1",  # 7 but once
        "9 trainings of 4 epochs",
        "7 hidden units: 3 folds in ",
        "3 hidden units: 3 folds in ",
        "16 hidden units: 3 folds in ",
        "mean test score",
        "Test accuracy: ",
        "weighted avg",
        "search.png",
        "confusion_matrix.png",
    ]
    positions = [search_run.out.find(text) for text in told]
    assert -1 not in positions, told[positions.index(-1)]
    assert positions == sorted(positions)


def test_the_candidates_are_ranked_by_their_score(search_run, search_by_hand):
    rows = RANKED.findall(search_run.out)
    results = search_by_hand.cv_results_
    order = np.argsort(-results["mean_test_score"], kind="stable")
    assert [int(units) for _, units, *_ in rows] == [[7, 3, 16][i] for i in order]
    assert [int(rank) for rank, *_ in rows] == sorted(results["rank_test_score"])
    assert [bool(best) for *_, best in rows] == [True, False, False]
    for (_, _, score, spread, _), i in zip(rows, order, strict=True):
        assert float(score) == pytest.approx(results["mean_test_score"][i], abs=1e-4)
        assert float(spread) == pytest.approx(results["std_test_score"][i], abs=1e-4)


def test_the_best_is_trained_on_all_images_and_tested(search_run, search_by_hand, small_data):
    data = load_mnist(small_data)
    score = search_by_hand.score(data.X_test / np.float32(255), data.y_test)
    assert search_run.test_accuracy() == pytest.approx(score, abs=1e-4)


def test_a_search_on_raw_pixels(small_data, tmp_path):
    options = ["--search", "4", "--raw-pixels", "--epochs", "2", "--seed", "3"]
    run = Run(tmp_path, "--data", str(small_data), *options)
    data = load_mnist(small_data)
    classifier = SimpleMLPClassifier(4, epochs=2, random_state=3)
    classifier.fit(data.X_train, data.y_train)
    score = classifier.score(data.X_test, data.y_test)
    assert run.test_accuracy() == pytest.approx(score, abs=1e-4)
    assert "4 hidden units; 200 images in 3 folds, raw pixels" in run.out


def test_the_search_draws_its_candidates_too(search_run):
    assert sorted(os.listdir(search_run.folder)) == sorted([*FIGURES, "search.png"])
    assert is_picture(search_run.folder / "search.png")
    assert search_run.pyplot_after == search_run.pyplot_before


# The figures


def test_the_figures_are_pictures_and_nothing_else_is_left(default_run, small_run):
    for run in (default_run, small_run):
        assert sorted(os.listdir(run.folder)) == sorted(FIGURES)
        assert all(is_picture(run.folder / name) for name in FIGURES)


def test_the_wrong_predictions_are_counted_and_framed(default_run):
    n_wrong = int(re.search(r"first 10 test images, (\d+) of them", default_run.out)[1])
    assert n_wrong > 0, "the default seed should have something to show"
    pixels = imread(default_run.folder / "predictions.png")[..., :3]
    is_red = (abs(pixels - matplotlib.colors.to_rgb("tab:red")) < 0.01).all(axis=2)
    assert is_red.mean(axis=1).max() > 0.1  # the edge of a frame, where a letter would be shorter


def test_the_users_backend_and_figures_are_left_alone(small_run):
    assert small_run.pyplot_after == small_run.pyplot_before


def test_a_failed_write_leaves_the_old_figure_whole(small_data, tmp_path, monkeypatch):
    old = tmp_path / "first_digits.png"
    old.write_bytes(b"the old one")

    def savefig(self, file, **options):
        file.write(b"half a fig")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Figure, "savefig", savefig)
    run = Run(tmp_path, "--data", str(small_data), "--epochs", "1")
    assert run.status == 1
    assert run.err == f"skmnist: error: {old}: {os.strerror(errno.ENOSPC)}\n"
    assert old.read_bytes() == b"the old one"
    assert os.listdir(tmp_path) == ["first_digits.png"]


# Terminals, pipes, processes


@pytest.fixture(scope="module")
def piped(tmp_path_factory):
    """Two epochs in a process of their own, whose output goes into an ASCII pipe."""
    folder = tmp_path_factory.mktemp("piped") / "Zürich"
    command = [sys.executable, "-m", "skmnist", "--epochs", "2", "--output", str(folder)]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TF_CPP")}
    environment = clean | {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
    return done, folder


def test_piped_output_is_plain_text(piped):
    done, folder = piped
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout
    assert b"\r" not in done.stdout
    text = done.stdout.decode("ascii")
    assert "3,985" in text
    assert "Epoch 2/2" in text
    assert "weighted avg" in text
    assert r"Z\xfcrich" in text
    assert max(map(len, text.splitlines())) < 80 + len(str(folder))
    assert all(is_picture(folder / name) for name in FIGURES)


def test_tensorflow_does_not_greet(piped):
    done, _ = piped
    assert done.stderr == b""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"]
)
def test_a_terminal_without_colours_gets_none(environment, small_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    with redirect_stdout(terminal):
        status = main(["--data", str(small_data), "--epochs", "1", "--output", str(tmp_path)])
    assert status == 0
    assert not re.search(r"\x1b\[[\d;]*m", terminal.getvalue())  # colours and bold letters


def test_a_search_on_a_terminal_has_a_bar(small_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    arguments = ["--data", str(small_data), "--search", "3", "4", "--epochs", "1"]
    with redirect_stdout(terminal):
        assert main([*arguments, "--output", str(tmp_path)]) == 0
    shown = terminal.getvalue()
    assert re.search(r"GridSearchCV - search.*━.*100%", shown)
    assert "Pipeline - fit" not in shown  # a line for each of them would fill the terminal
    assert "3 folds in" not in shown.split("hidden units; 200 images in 3 folds")[1]


def test_help_and_version_wait_for_nothing_heavy():
    code = (
        "import sys\n"
        "from skmnist.cli import main\n"
        "try: main([sys.argv[1]])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'matplotlib', 'numpy'} & sys.modules.keys()\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    for option, text in (("--help", "--hidden-units"), ("--version", skmnist.__version__)):
        command = [sys.executable, "-c", code, option]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert text in done.stdout


def test_help_names_every_option_and_fits_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    options = (
        "--data --raw-pixels --hidden-units --search --activation --epochs --batch-size "
        "--learning-rate --seed --output --version"
    )
    assert all(option in text for option in options.split())
    assert max(map(len, text.splitlines())) <= 80


# What goes wrong


@pytest.mark.parametrize(
    "arguments",
    [
        "--hidden-units 0",
        "--hidden-units 5 -3",
        "--hidden-units 2.5",
        "--search",
        "--search 5 0",
        "--search 5 --hidden-units 7",
        "--hidden-units --search 5",
        "--epochs 0",
        "--epochs many",
        "--batch-size 0",
        "--learning-rate 0",
        "--learning-rate nan",
        "--learning-rate inf",
        "--learning-rate fast",
        "--seed -1",
        "--seed 4294967296",
        "--data",
        "--epoch 3",
        "digits",
    ],
)
def test_wrong_options_end_in_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments.split())
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skmnist: error: ")
    assert err.count("\n") == 1
    assert arguments.split()[0] in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere.npz"], "nowhere.npz"),
        (["--data", __file__], "test_cli.py"),
        (["--output", __file__], "test_cli.py is no folder"),
        (["--output", os.path.join(__file__, "deeper")], "deeper: Not a directory"),
        (["--activation", "tahn"], "tahn"),
        (["--activation", "tahn", "--search", "3"], "tahn"),
    ],
    ids=["no data", "not MNIST", "a file", "in a file", "activation", "activation of a search"],
)
def test_what_cannot_be_done_ends_in_one_line(arguments, message, small_data, tmp_path, capsys):
    defaults = ["--data", str(small_data), "--output", str(tmp_path), "--epochs", "1"]
    assert main(defaults + arguments) == 1
    _, err = capsys.readouterr()
    assert err.startswith("skmnist: error: ")
    assert err.count("\n") == 1
    assert message in err


def test_missing_data_leave_no_folder_behind(tmp_path):
    assert Run(tmp_path / "figures", "--data", str(tmp_path / "nowhere.npz")).status == 1
    assert not (tmp_path / "figures").exists()
