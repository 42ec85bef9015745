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
from skmnist._packages import naming_packages
from skmnist.datasets._named_sets import NAMED_SETS

DESCRIPTION = """\
Train a small network on handwritten digits and look at what it has learnt, as a
beginner's tutorial does: load MNIST, train Flatten, Dense(5, sigmoid) and
Dense(10, softmax) with Adam, then report and draw how well it reads digits that
it has not seen. Without options it takes less than a minute and needs no
network connection. See "skmnist predict --help" for reading your own digits.
"""

EPILOG = """\
examples:
  skmnist                                   the tutorial's network on the sample
  skmnist --data full --raw-pixels          as the tutorial trained it
  skmnist --hidden-units 64 32 --activation relu --epochs 30
  skmnist --hidden-units                    no hidden layer: softmax regression
  skmnist --search 5 16 64 128              which number of hidden units is best
  skmnist --hidden-units 64 --epochs 100 --save digits.skops
  skmnist predict digits.skops photo.jpg    which digit a picture of yours shows
  skmnist draw digits.skops -o me.html      a page that reads what you draw
"""

PREDICT_DESCRIPTION = """\
Read handwritten digits in pictures: photos, scans or drawings of one digit each,
dark on light or light on dark, of any size. Prints the three most probable digits
of each.
"""

DRAW_DESCRIPTION = """\
Write a saved network as one page for a browser, on which one draws digits and
watches the network read them. The page needs no other file and no network
connection: send it to a friend, or open it on a phone.
"""

# The usage of all commands, in place of one that lists all options of the first.
USAGE = """\
skmnist [options]
       skmnist predict [--show FILE.png] NETWORK PICTURE [PICTURE ...]
       skmnist draw [-o FILE.html] NETWORK"""

# Keras's names, here because importing Keras takes seconds.
# fmt: off
ACTIVATIONS = [
    "celu", "elu", "exponential", "gelu",
    "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6",
    "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish",
    "tanh", "tanh_shrink",
]
# fmt: on


def parse(arguments: Sequence[str], command: str = "skmnist") -> argparse.Namespace:
    """Read the arguments; if they are wrong, print one line and exit with status 2.

    `command` is what starts the program, as error messages show it.
    """
    if arguments[:1] == ["predict"]:
        return _predict_parser(command).parse_args(arguments[1:])
    if arguments[:1] == ["draw"]:
        return _draw_parser(command).parse_args(arguments[1:])
    return _train_parser(command).parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line with a suggestion."""

    def __init__(self, command: str, name: str = "", **options: Any) -> None:
        super().__init__(
            f"skmnist {name}".strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **options,
        )
        self._help = f"{command} {name}".strip() + " --help"
        self._names = ["predict", "draw"]

    def add(self, name: str, **options: Any) -> None:
        """Add an option, and suggest it for wrong ones."""
        self.suggest(name)
        self.add_argument(name, **options)

    def suggest(self, *names: str) -> None:
        self._names.extend(names)

    def parse_args(self, arguments: Any = None, namespace: Any = None) -> Any:
        options, unknown = self.parse_known_args(arguments, namespace)
        if unknown:
            message = f"unrecognized arguments: {' '.join(unknown)}."
            matches = get_close_matches(unknown[0], self._names, n=1)
            if matches:
                message += f" Did you mean {matches[0]}?"
            self.error(message)
        return options

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {printable(message)} (see {self._help})\n")


# Types of arguments


def _number(
    kind: type,
    expected: str,
    is_right: Callable[[Any], bool],
) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not is_right(value):
            raise argparse.ArgumentTypeError(f"must be {expected}, not {text!r}")
        return value

    return read


_positive_int = _number(
    int,
    "a whole number greater than 0",
    lambda value: value > 0,
)
_positive = _number(
    float,
    "a number greater than 0",
    lambda value: 0 < value < math.inf,
)
_seed = _number(
    int,
    "a whole number from 0 to 2**32 - 1",
    lambda value: 0 <= value < 2**32,
)


def _path(suffix: str) -> Callable[[str], Path]:
    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() != suffix:
            example = str(path.with_suffix(suffix))
            raise argparse.ArgumentTypeError(
                f"must end with {suffix}, as in {example!r}, not {text!r}"
            )
        return path

    return read


def _column(text: str) -> int | str:
    """Read a position such as -1, or else a name."""
    try:
        return int(text)
    except ValueError:
        return text


def _activation(text: str) -> str:
    if text in ACTIVATIONS:
        return text

    matches = get_close_matches(text, ACTIVATIONS, n=1)
    if matches:
        suggestion = f"Did you mean {matches[0]}?"
    else:
        suggestion = f"They are {', '.join(ACTIVATIONS)}."
    raise argparse.ArgumentTypeError(
        f"must be the name of an activation of Keras, not {text!r}. {suggestion}"
    )


# Parsers of the commands


def _train_parser(command: str) -> _Parser:
    parser = _Parser(command, description=DESCRIPTION, epilog=EPILOG, usage=USAGE)
    parser.add_argument("--version", action="version", version=f"skmnist {__version__}")
    _add_data_options(parser)
    _add_network_options(parser)
    _add_training_options(parser)
    _add_output_options(parser)

    needed = ["matplotlib", "pandas", "rich"]
    parser.set_defaults(run=naming_packages(_train, "skmnist", needed=needed))
    return parser


def _predict_parser(command: str) -> _Parser:
    parser = _Parser(
        command,
        "predict",
        description=PREDICT_DESCRIPTION,
        parents=[_network_argument()],
    )

    parser.add_argument(
        "pictures",
        type=Path,
        nargs="+",
        metavar="PICTURE",
        help="a PNG, a JPEG, or the like",
    )

    parser.add(
        "--show",
        type=_path(".png"),
        metavar="FILE.png",
        help="draw each picture, the network's input of 28 × 28 pixels, and the "
        "probabilities",
    )

    needed = ["PIL", "rich", "skimage"]
    parser.set_defaults(run=naming_packages(_predict, "skmnist predict", needed=needed))
    return parser


def _draw_parser(command: str) -> _Parser:
    parser = _Parser(
        command,
        "draw",
        description=DRAW_DESCRIPTION,
        parents=[_network_argument()],
    )

    parser.add_argument(
        "-o",
        "--output",
        type=_path(".html"),
        metavar="FILE.html",
        help="the page; its folder is made if needed; default: the name of NETWORK "
        "with the ending .html, in the current folder",
    )

    parser.set_defaults(run=naming_packages(_draw, "skmnist draw"))
    return parser


def _network_argument() -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "model",
        type=Path,
        metavar="NETWORK",
        help="the file that 'skmnist --save NETWORK' wrote",
    )
    return parent


# Options of the training


def _add_data_options(parser: _Parser) -> None:
    summaries = [f"{named.name!r}, {named.summary}" for named in NAMED_SETS.values()]
    parser.add(
        "--data",
        metavar="SOURCE",
        help=f"{'; '.join(summaries)}; or the path of an .npz or .csv file, or of a "
        "folder of IDX or .csv files; default: the environment variable SKMNIST_DATA "
        "if it is set, else 'sample'",
    )

    parser.add(
        "--target-column",
        type=_column,
        metavar="COLUMN",
        help="for tables, the column of the labels: its name, or its position, such as "
        "0 or -1",
    )

    parser.add(
        "--transposed",
        action=argparse.BooleanOptionalAction,
        help="for files, whether their images have rows and columns swapped, as "
        "EMNIST's have",
    )

    parser.add(
        "--raw-pixels",
        action="store_true",
        help="train on pixels as they are, from 0 to 255, as the tutorial did; "
        "otherwise a Pipeline scales them to 0 to 1, which makes the network better",
    )


def _add_network_options(parser: _Parser) -> None:
    layers = parser.add_mutually_exclusive_group()
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
        help="search among these numbers of units of one hidden layer for the best, "
        "each trained on two thirds of the images and tested on the others, three "
        "times over",
    )

    parser.suggest("--hidden-units", "--search")
    parser.add(
        "--activation",
        type=_activation,
        default="sigmoid",
        metavar="NAME",
        help="Keras's name for the activation of the hidden layers; default: sigmoid",
    )


def _add_training_options(parser: _Parser) -> None:
    parser.add(
        "--epochs",
        type=_positive_int,
        metavar="N",
        help="passes over the data; default: as many as make the tutorial's 9,375 "
        "gradient steps, which is 5 on all of MNIST and 75 on the sample",
    )

    parser.add(
        "--batch-size",
        type=_positive_int,
        default=32,
        metavar="N",
        help="images in a gradient step; default: 32",
    )

    parser.add(
        "--learning-rate",
        type=_positive,
        default=0.001,
        metavar="RATE",
        help="the learning rate of Adam; default: 0.001",
    )

    parser.add(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="the same seed gives the same network; default: 0",
    )


def _add_output_options(parser: _Parser) -> None:
    parser.add(
        "--output",
        type=Path,
        default=Path("skmnist-output"),
        metavar="DIR",
        help="the folder for the figures, made if needed; default: ./skmnist-output",
    )

    parser.add(
        "--save",
        type=_path(".skops"),
        metavar="NAME.skops",
        help="write the trained network to this file, for 'skmnist predict' and "
        "skmnist.persistence.load; its folder is made if needed; reading it runs no "
        "code",
    )


# The modules that do the work are imported once the options have been checked.


def _train(options: argparse.Namespace) -> bool:
    from skmnist.cli._train import train

    train(options)
    return True


def _predict(options: argparse.Namespace) -> bool:
    from skmnist.cli._predict import predict

    return predict(options)


def _draw(options: argparse.Namespace) -> bool:
    from skmnist.cli._draw import draw

    draw(options)
    return True
