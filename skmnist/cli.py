"""The command line: ``skmnist``, or ``python -m skmnist``.

What the options are, and how a run ends when something is wrong: in one line, not in a traceback.
The run itself is told in :mod:`skmnist._article`, :mod:`skmnist._search_story` or
:mod:`skmnist._predict_story`, which are imported only once the options are known to be good, so
that ``--help`` does not wait for anything.
"""

from __future__ import annotations

import _thread
import argparse
import io
import math
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from skmnist import __version__
from skmnist._errors import one_line

DESCRIPTION = """\
Train a small network on handwritten digits and look at what it has learnt.

The network of a well-known beginner's article, end to end: load MNIST, look at
the first digits, train Flatten, Dense(5, sigmoid), Dense(10, softmax) with Adam
on the cross-entropy, then report and draw how well it reads digits that it has
not seen. Without options it takes less than a minute and needs no network
connection: 4,000 of MNIST's images to train and 1,000 to test come along.

"skmnist predict --help" tells how a saved network reads your own digits.
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments. None takes those of the process.

    Returns
    -------
    status : int
        0 if all went well, 1 if something was wrong that is said on stderr, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 if the arguments are wrong, 0 after ``--help`` and ``--version``.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["predict"]:
        run, choices = _predict, _predict_parser().parse_args(arguments[1:])
    else:
        run, choices = _train, _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot show is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _lost_interrupts_come_back():
            all_well = run(choices)
    except KeyboardInterrupt:
        print("\nskmnist: interrupted", file=sys.stderr)
        return 130
    # What the options ask for can be wrong in ways that only the data and Keras know.
    except (MemoryError, OSError, ValueError) as error:
        print(f"skmnist: error: {one_line(error)}", file=sys.stderr)
        return 1
    return 0 if all_well else 1


def _train(choices: argparse.Namespace) -> bool:
    from skmnist._story import Choices

    if choices.search is None:
        from skmnist._article import tell
    else:
        from skmnist._search_story import tell
    tell(Choices(**vars(choices)))
    return True


def _predict(choices: argparse.Namespace) -> bool:
    from skmnist._predict_story import tell

    return tell(choices.model, choices.pictures)


@contextmanager
def _lost_interrupts_come_back() -> Iterator[None]:
    """Repeat a Ctrl-C that Python drops.

    It does so where it destroys an object, which TensorFlow lets it do all the time, and a search
    would go on for minutes.
    """
    usual_hook = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            usual_hook(unraisable)
            return
        again = threading.Timer(0.1, _thread.interrupt_main)  # the object is gone by then
        again.daemon = True
        again.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual_hook


class _Parser(argparse.ArgumentParser):
    """An argument parser that says in one line what is wrong, and leaves the usage to --help."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
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

    kept = parser.add_argument_group("what is kept")
    kept.add_argument(
        "--output",
        type=Path,
        default=Path("skmnist-output"),
        metavar="DIR",
        help="the folder for the figures, made if needed; default: ./skmnist-output",
    )
    kept.add_argument(
        "--save",
        type=Path,
        metavar="MODEL",
        help="write the trained network to this file, for 'skmnist predict' and for "
        "skmnist.persistence.load; its folder is made if needed, and reading it runs no code",
    )
    return parser


def _predict_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="skmnist predict",
        description=PREDICT_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="the file that 'skmnist --save MODEL' wrote"
    )
    parser.add_argument(
        "pictures", type=Path, nargs="+", metavar="IMAGE", help="a PNG, a JPEG, or the like"
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
