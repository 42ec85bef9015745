"""``skmnist draw``: write a saved network as a page to draw on."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from skmnist._files import atomic_write, printable
from skmnist.cli._output import new_console, prepare_file
from skmnist.persistence import load
from skmnist.persistence._html import make_page, read_network


def draw(options: Namespace) -> None:
    """Write the page."""
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

    path = options.output or Path(f"{options.model.stem}.html")
    prepare_file(path, "--output")
    with atomic_write(path) as file:
        file.write(make_page(network).encode())
    console.print(f"Open {printable(path)} in a browser, and draw.")
