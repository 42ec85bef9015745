"""``skmnist draw``: write a saved network as a page to draw on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

DRAW_DESCRIPTION = """\
Write a saved network as one page for a browser, on which one draws digits and
watches the network read them. The page needs no other file and no network
connection: send it to a friend, or open it on a phone.
"""


def add_draw_options(parser: ArgumentParser, read_path: Callable[[str], Path]) -> None:
    """Add the options of the command; `read_path` checks the name of a page."""
    parser.add_argument(
        "model",
        type=Path,
        metavar="NETWORK",
        help="the file that 'skmnist --save NETWORK' wrote",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=read_path,
        metavar="FILE.html",
        help="the page; its folder is made if needed; default: the name of NETWORK with "
        "the ending .html, in the current folder",
    )
    parser.set_defaults(run=draw)


def draw(options: Namespace) -> bool:
    """Write the page, and return True."""
    # Imported once the options have been checked.
    from skmnist._files import atomic_write, printable
    from skmnist.cli._output import new_console, prepare_file
    from skmnist.persistence import load
    from skmnist.persistence._html import make_page, read_network

    path = options.output or Path(f"{options.model.stem}.html")
    console = new_console()
    with console.status("Loading the network"):
        model = load(options.model)
    try:
        # The command line saves networks without a scaler if they read pixels from 0 to
        # 255, as `skmnist predict` gives them.
        network = read_network(model, unscaled_max=255)
    except TypeError as error:
        raise ValueError(
            f"{options.model} holds a {type(model).__name__}, not a "
            "SimpleMLPClassifier."
        ) from error

    prepare_file(path, "--output")
    with atomic_write(path) as file:
        file.write(make_page(network).encode())
    console.print(f"Open {printable(path)} in a browser, and draw.")
    return True
