"""The options of the command line, and how they are read."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from skmnist import __version__
from skmnist._files import printable

DESCRIPTION = """\
Train a small network on handwritten digits and look at what it has learnt, as a
well-known beginner's article does: load MNIST, train Flatten, Dense(5, sigmoid)
and Dense(10, softmax) with Adam, then report and draw how well it reads digits
that it has not seen. Without options it takes less than a minute and needs no
network connection. See "skmnist predict --help" for reading your own digits.
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


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; if they are wrong, print one line and exit with status 2."""
    if arguments[:1] == ["predict"]:
        return _predict_parser().parse_args(arguments[1:])
    return _train_parser().parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, with a suggestion, without the usage."""

    def __init__(self, prog: str, description: str, **options: Any) -> None:
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(
            prog, description=description, formatter_class=raw, allow_abbrev=False, **options
        )

    def parse_args(self, arguments: Any = None, namespace: Any = None) -> Any:
        options, unknown = self.parse_known_args(arguments, namespace)
        if unknown:
            known = ["predict", *self._option_string_actions]
            matches = get_close_matches(unknown[0], known, n=1)
            suggestion = f" Did you mean {matches[0]}?" if matches else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}.{suggestion}")
        return options

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {printable(message)} (see {self.prog} --help)\n")


def _number(kind: type, expected: str, is_right: Callable[[Any], bool]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not is_right(value):
            raise argparse.ArgumentTypeError(f"must be {expected}, not {text!r}")
        return value

    return read


def _path(suffix: str) -> Callable[[str], Path]:
    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() != suffix:
            raise argparse.ArgumentTypeError(
                f"must end with {suffix}, as in {str(path.with_suffix(suffix))!r}, not {text!r}"
            )
        return path

    return read


def _train_parser() -> _Parser:
    positive_int = _number(int, "a whole number greater than 0", lambda value: value > 0)
    positive = _number(float, "a number greater than 0", lambda value: 0 < value < math.inf)
    seed = _number(int, "a whole number from 0 to 2**32 - 1", lambda value: 0 <= value < 2**32)

    parser = _Parser("skmnist", DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("--version", action="version", version=f"skmnist {__version__}")
    add(
        "--data",
        metavar="SOURCE",
        help="'sample' (5,000 images, installed), 'full' (all 70,000, downloaded once), 'fashion' "
        "(Fashion-MNIST), or the path of an .npz or .csv file, or of a folder of IDX or .csv files;"
        " default: the environment variable SKMNIST_DATA if it is set, else 'sample'",
    )
    add(
        "--raw-pixels",
        action="store_true",
        help="train on pixels from 0 to 255, as the article did; otherwise a Pipeline scales them "
        "to 0 to 1, which makes the network better",
    )
    layers = parser.add_mutually_exclusive_group()
    layers.add_argument(
        "--hidden-units",
        type=positive_int,
        nargs="*",
        default=[5],
        metavar="N",
        help="units of the hidden layer, or of several, from the input on; default: 5",
    )
    layers.add_argument(
        "--search",
        type=positive_int,
        nargs="+",
        metavar="N",
        help="search among these numbers of units of one hidden layer for the best, each trained "
        "on two thirds of the images and tested on the others, three times over",
    )
    help_text = "Keras's name for the activation of the hidden layers; default: sigmoid"
    add("--activation", default="sigmoid", metavar="NAME", help=help_text)
    add(
        "--epochs",
        type=positive_int,
        metavar="N",
        help="passes over the data; default: as many as make the article's 9,375 gradient steps, "
        "which is 5 on all of MNIST and 75 on the sample",
    )
    help_text = "images in a gradient step; default: 32"
    add("--batch-size", type=positive_int, default=32, metavar="N", help=help_text)
    help_text = "the learning rate of Adam; default: 0.001"
    add("--learning-rate", type=positive, default=0.001, metavar="RATE", help=help_text)
    help_text = "the same seed gives the same network; default: 0"
    add("--seed", type=seed, default=0, metavar="N", help=help_text)
    help_text = "the folder for the figures, made if needed; default: ./skmnist-output"
    add("--output", type=Path, default=Path("skmnist-output"), metavar="DIR", help=help_text)
    add(
        "--save",
        type=_path(".skops"),
        metavar="NAME.skops",
        help="write the trained network to this file, for 'skmnist predict' and "
        "skmnist.persistence.load; its folder is made if needed; reading it runs no code",
    )
    return parser


def _predict_parser() -> _Parser:
    parser = _Parser("skmnist predict", PREDICT_DESCRIPTION)
    add = parser.add_argument
    help_text = "the file that 'skmnist --save NETWORK' wrote"
    add("model", type=Path, metavar="NETWORK", help=help_text)
    help_text = "a PNG, a JPEG, or the like"
    add("pictures", type=Path, nargs="+", metavar="PICTURE", help=help_text)
    help_text = "draw each picture, the network's input of 28 × 28 pixels, and the probabilities"
    add("--show", type=_path(".png"), metavar="FILE.png", help=help_text)
    return parser
