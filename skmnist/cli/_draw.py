"""``skmnist draw``: write a saved network as a page to draw on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

DRAW_DESCRIPTION = """\
Write a saved network as one page for a browser, on which one draws digits and
watches the network read them. The page needs no other file and no network
connection: send it to a friend, or open it on a phone.
"""


def add_draw_options(parser: ArgumentParser) -> None:
    """Add the options of the command to its parser."""
    parser.add_argument(
        "model",
        type=Path,
        metavar="NETWORK",
        help="the file that 'skmnist --save NETWORK' wrote",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=_page_path,
        metavar="FILE.html",
        help="the page; default: the name of NETWORK with the ending .html, in the current folder",
    )
    parser.set_defaults(run=draw)


def draw(options: Namespace) -> bool:
    """Write the page, and return True."""
    # Not before the options have been checked.
    from skmnist._files import printable
    from skmnist.cli._output import new_console, prepare_file
    from skmnist.persistence import load
    from skmnist.persistence._html import to_html

    path = options.output or Path(f"{options.model.stem}.html")
    prepare_file(path, "--output")
    console = new_console()
    with console.status("Loading the network"):
        model = load(options.model)
    try:
        # Without a scaler, as `skmnist predict` reads pictures: networks of --raw-pixels.
        to_html(model, path, pixel_max=None if has_scaler(model) else 255)
    except TypeError as error:
        raise ValueError(
            f"{options.model} holds a {type(model).__name__}, not a SimpleMLPClassifier."
        ) from error
    console.print(f"The page is {printable(path)}: open it in a browser and draw.")
    return True
