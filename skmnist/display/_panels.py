"""A grid of axes inside one axes, so that a display of many panels takes ``ax`` like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.gridspec import SubplotSpec


def given_or_new(ax: Axes | None, figsize: tuple[float, float]) -> Axes:
    """Return the axes to draw in.

    Parameters
    ----------
    ax : matplotlib Axes or None
        What was given. None makes a new figure with pyplot, as scikit-learn's displays do.
    figsize : tuple of float
        Width and height in inches of a new figure.

    Returns
    -------
    ax : matplotlib Axes
        The axes.

    Raises
    ------
    ValueError
        If `ax` is something else, such as the array that ``plt.subplots`` returns for several.
    """
    from matplotlib.axes import Axes

    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=figsize, layout="constrained").add_subplot()
    if not isinstance(ax, Axes):
        raise ValueError(
            f"ax must be one matplotlib Axes, or None for a new figure, got {type(ax).__name__}."
        )
    return ax


def divide(
    ax: Axes | None,
    n_panels: int,
    n_columns: int,
    *,
    figsize: tuple[float, float],
    spacing: tuple[float, float],
) -> tuple[Axes, list[Axes]]:
    """Divide an axes into panels.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The axes whose place the panels take; its own lines and ticks are switched off. None makes
        a new figure with pyplot, as scikit-learn's displays do.
    n_panels : int
        How many panels, filled row by row.
    n_columns : int
        How many panels stand side by side.
    figsize : tuple of float
        Width and height in inches of a new figure.
    spacing : tuple of float
        Width and height between panels, in panels, for a figure whose layout nobody computes.

    Returns
    -------
    bounding_ax : matplotlib Axes
        The axes that was divided.
    panels : list of matplotlib Axes
        The panels, in reading order.

    Raises
    ------
    ValueError
        If `ax` has no place in a grid that could be divided.
    """
    ax, place, figure = _place(ax, figsize)
    n_rows = -(-n_panels // n_columns)
    if figure.get_layout_engine() is None:
        grid = place.subgridspec(n_rows, n_columns, wspace=spacing[0], hspace=spacing[1])
    else:
        grid = place.subgridspec(n_rows, n_columns)  # the engine finds the spacing
    ax.set_axis_off()
    cells = [divmod(position, n_columns) for position in range(n_panels)]
    return ax, [figure.add_subplot(grid[row, column]) for row, column in cells]


def divide_in_pairs(
    ax: Axes | None,
    n_panels: int,
    n_columns: int,
    *,
    figsize: tuple[float, float],
    strip_height: float,
    spacing: tuple[float, float],
) -> tuple[Axes, list[Axes], list[Axes]]:
    """Divide an axes into panels with a strip below each of them.

    Parameters
    ----------
    ax, n_panels, n_columns, figsize
        As of `divide`.
    strip_height : float
        The height of a strip, in panels.
    spacing : tuple of float
        Width and height between a strip and the next panel, in panels, for a figure whose layout
        nobody computes.

    Returns
    -------
    bounding_ax : matplotlib Axes
        The axes that was divided.
    panels, strips : list of matplotlib Axes
        In reading order.

    Raises
    ------
    ValueError
        If `ax` has no place in a grid that could be divided.
    """
    ax, place, figure = _place(ax, figsize)
    n_rows = -(-n_panels // n_columns)
    heights = [1.0, strip_height]
    options = {}
    if figure.get_layout_engine() is None:
        heights = [1.0, strip_height, spacing[1]]  # the last is nothing but space
        options = {"wspace": spacing[0], "hspace": 0.08}
    step = len(heights)
    grid = place.subgridspec(step * n_rows, n_columns, height_ratios=heights * n_rows, **options)
    ax.set_axis_off()
    cells = [divmod(position, n_columns) for position in range(n_panels)]
    panels = [figure.add_subplot(grid[step * row, column]) for row, column in cells]
    strips = [figure.add_subplot(grid[step * row + 1, column]) for row, column in cells]
    return ax, panels, strips


def _place(
    ax: Axes | None, figsize: tuple[float, float]
) -> tuple[Axes, SubplotSpec, Figure | SubFigure]:
    ax = given_or_new(ax, figsize)
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "ax has no place in a grid that could be divided into panels. Pass an axes made by "
            "plt.subplots() or figure.add_subplot(), or ax=None for a new figure."
        )
    return ax, place, ax.figure
