"""The options of the command line, and how they are read."""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from skmnist import __version__
from skmnist.cli._output import did_you_mean, printable

DESCRIPTION = """\
Train a small network on handwritten digits and look at what it has learnt.

The network of a well-known beginner's article, end to end: load MNIST, look at
the first digits, train Flatten, Dense(5, sigmoid), Dense(10, softmax) with Adam
on the cross-entropy, then report and draw how well it reads digits that it has
not seen. Without options it takes less than a minute and needs no network
connection: 4,000 of MNIST's images to train and 1,000 to test are installed.

"skmnist predict --help" describes how to read your own digits with a saved
network.
"""

EPILOG = """\
examples:
  skmnist                                   the article's network, on the sample
  skmnist --data full --raw-pixels          as the article trained it
  skmnist --hidden-units 64 32 --activation relu --epochs 30
  skmnist --hidden-units                    no hidden layer: softmax regression
  skmnist --search 5 16 64 128              which number of hidden units is best
  skmnist --hidden-units 64 --epochs 100 --save digits.skops
  skmnist predict digits.skops photo.jpg    which digit a picture of yours shows
"""

PREDICT_DESCRIPTION = """\
Read handwritten digits in pictures: photos, scans or drawings of one digit each,
dark on light or light on dark, of any size. Prints the digits that each may be,
the most probable first.
"""

# Endings under which other software would look for other formats.
_OTHER_FORMATS = {
    ".h5": "HDF5",
    ".hdf5": "HDF5",
    ".joblib": "joblib's format",
    ".keras": "Keras's format",
    ".npz": "NumPy's format",
    ".onnx": "ONNX",
    ".pickle": "pickle's format",
    ".pkl": "pickle's format",
}


@dataclass(frozen=True)
class TrainOptions:
    """Options of ``skmnist``."""

    data: str | None  # a source for load_mnist
    raw_pixels: bool  # otherwise a Pipeline scales them to 0 to 1
    hidden_units: list[int]
    search: list[int] | None  # widths of one hidden layer to search, in place of hidden_units
    activation: str
    epochs: int | None  # None makes as many gradient steps as the article
    batch_size: int
    learning_rate: float
    seed: int
    output: Path
    save: Path | None

    @property
    def pixels(self) -> str:
        """The input of the network, in words."""
        return "raw pixels" if self.raw_pixels else "pixels scaled to 0 to 1"

    def command(self) -> str:
        """Return the command line that has these options."""
        words = ["skmnist"]
        for name, default in vars(_train_parser().parse_args([])).items():
            value = getattr(self, name)
            if value != default:
                words.append(f"--{name.replace('_', '-')}")
                if value is not True:
                    words += map(str, value if isinstance(value, list) else [value])
        return shlex.join(words)


@dataclass(frozen=True)
class PredictOptions:
    """Options of ``skmnist predict``."""

    model: Path
    pictures: list[Path]
    show: Path | None


def parse(arguments: Sequence[str]) -> TrainOptions | PredictOptions:
    """Read the arguments; if they are wrong, print one line and exit with status 2."""
    if arguments[:1] == ["predict"]:
        parser = _predict_parser()
        return PredictOptions(**vars(parser.parse_all(arguments[1:])))
    return TrainOptions(**vars(_train_parser().parse_all(arguments)))


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, with a suggestion, without the usage."""

    def parse_all(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse the arguments, all of which must be known."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}.{self._suggestion(unknown)}")
        return options

    def _suggestion(self, unknown: list[str]) -> str:
        if self.prog == "skmnist" and Path(unknown[0]).is_file():
            return " To read pictures: skmnist predict NETWORK PICTURE"
        return did_you_mean(unknown[0], ["predict", *self._option_string_actions])

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {printable(message)} (see {self.prog} --help)\n")


def _train_parser() -> _Parser:
    parser = _Parser(
        prog="skmnist",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"skmnist {__version__}")

    data = parser.add_argument_group("the data")
    data.add_argument(
        "--data",
        metavar="SOURCE",
        help="'sample' (5,000 images, no network needed), 'full' (all 70,000, downloaded once), "
        "'fashion' (Fashion-MNIST), or the path of an .npz file like Keras's mnist.npz, of a .csv "
        "file, or of a folder of IDX or .csv files; default: the environment variable SKMNIST_DATA "
        "if it is set, else 'sample'",
    )
    data.add_argument(
        "--raw-pixels",
        action="store_true",
        help="train on pixels from 0 to 255, as the article did; otherwise a Pipeline scales them "
        "to 0 to 1, which makes the network better",
    )

    network = parser.add_argument_group("the network")
    layers = network.add_mutually_exclusive_group()
    layers.add_argument(
        "--hidden-units",
        type=_positive_int,
        nargs="*",
        default=[5],
        metavar="N",
        help="units of the hidden layer, or of several, from the input on; default: 5",
    )
    layers.add_argument(
        "--search",
        type=_positive_int,
        nargs="+",
        metavar="N",
        help="search among these numbers of units of one hidden layer for the best, each trained "
        "on two thirds of the images and tested on the others, three times over",
    )
    network.add_argument(
        "--activation",
        default="sigmoid",
        metavar="NAME",
        help="activation of the hidden layers, by Keras's name for it; default: sigmoid",
    )

    training = parser.add_argument_group("the training")
    training.add_argument(
        "--epochs",
        type=_positive_int,
        metavar="N",
        help="passes over the data; default: as many as make the article's 9,375 gradient steps, "
        "which is 5 on all of MNIST and 75 on the sample",
    )
    training.add_argument(
        "--batch-size",
        type=_positive_int,
        default=32,
        metavar="N",
        help="images in a gradient step; default: 32",
    )
    training.add_argument(
        "--learning-rate",
        type=_positive_float,
        default=0.001,
        metavar="RATE",
        help="the learning rate of Adam; default: 0.001",
    )
    training.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="the same seed gives the same network; default: 0",
    )

    kept = parser.add_argument_group("the files")
    kept.add_argument(
        "--output",
        type=Path,
        default=Path("skmnist-output"),
        metavar="DIR",
        help="the folder for the figures, made if needed; default: ./skmnist-output",
    )
    kept.add_argument(
        "--save",
        type=_network_path,
        metavar="NETWORK",
        help="write the trained network to this file, by custom NAME.skops, for 'skmnist predict' "
        "and skmnist.persistence.load; its folder is made if needed; reading it runs no code",
    )
    return parser


def _predict_parser() -> _Parser:
    parser = _Parser(
        prog="skmnist predict",
        description=PREDICT_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "model", type=Path, metavar="NETWORK", help="the file that 'skmnist --save NETWORK' wrote"
    )
    parser.add_argument(
        "pictures", type=Path, nargs="+", metavar="PICTURE", help="a PNG, a JPEG, or the like"
    )
    parser.add_argument(
        "--show",
        type=_png_path,
        metavar="FILE.png",
        help="draw each picture, the 28 × 28 pixels that the network was given, and the "
        "probabilities",
    )
    return parser


def _positive_int(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"must be a whole number greater than 0, not {text!r}")
    return int(text)


def _positive_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"must be a number greater than 0, not {text!r}")
    return value


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to 2**32 - 1, not {text!r}"
        )
    return int(text)


def _network_path(text: str) -> Path:
    path = Path(text)
    if other := _OTHER_FORMATS.get(path.suffix.lower()):
        raise argparse.ArgumentTypeError(
            f"{text!r} would not hold {other}: skops writes the file. "
            f"Name it {str(path.with_suffix('.skops'))!r}"
        )
    return path


def _png_path(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"must end with .png, not {text!r}")
    return path
