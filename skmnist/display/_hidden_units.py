"""What the units of a network look for in an image, and which digits they speak for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from skmnist.display._checks import checked_column, checked_count
from skmnist.display._colors import diverging_on
from skmnist.display._first_layer import FirstLayer
from skmnist.display._image_grid import (
    caption_inches,
    caption_points,
    draw_image,
    image_inches,
)
from skmnist.display._panels import divide, divide_in_pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure

IMAGE_INCHES = 1.35
STRIP_HEIGHT = 0.3  # of an image
# The few largest weights may be twice as large as all others, and would leave these pale.
SHOWN_WHOLE = 99.5  # per cent of the weights


class HiddenUnitsDisplay:
    """The weights of each unit of the first layer as an image, and how it votes for each class.

    Where an image is red, ink in the picture makes the unit more active; where it is blue, ink
    makes it less active. One colour scale, symmetric about zero, serves all images. The strip of
    bars below an image says what the unit is good for: an active unit makes a class with a bar
    upwards more probable, and one with a bar downwards less. One scale serves all strips too.

    It is recommended to use :meth:`from_estimator`.

    The parameters are attributes too, by the same names.

    Parameters
    ----------
    weights : array-like of shape (n_units, height, width)
        The weight of each pixel for each unit.
    votes : array-like of shape (n_units, n_classes), default=None
        The weight of each unit for each class. None draws no strips.
    classes : array-like of shape (n_classes,), default=None
        What the classes are called. None means ``0, 1, …``.
    names : sequence of str of length n_units, default=None
        What the units are called. None means "unit 0", "unit 1", …
    label : str, default="weight of a pixel"
        What the colour bar says.

    Attributes
    ----------
    indices : ndarray of shape (n_units,), dtype=int
        Which of the units of the layer these are; set by :meth:`from_estimator` where it leaves
        some out.
    limit : float
        The weight that has the strongest colour: red, and blue for ``-limit``. It is exceeded by
        one weight in 200, which the colour bar shows by pointed ends.
    axes_ : ndarray of shape (n_units,), dtype=object
        The matplotlib Axes of each image. Set by :meth:`plot`, as are the following.
    images_ : ndarray of shape (n_units,), dtype=object
        The matplotlib AxesImage of each image.
    vote_axes_ : ndarray of shape (n_units,), dtype=object
        The matplotlib Axes of the strip below each image. Empty without votes.
    colorbar_ : matplotlib Colorbar
        The colour bar.
    ax_ : matplotlib Axes
        The invisible axes around the grid.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If `weights` is not a finite array of three dimensions, or if lengths differ.

    Examples
    --------
    >>> import numpy as np
    >>> from skmnist import HiddenUnitsDisplay
    >>> weights = np.zeros((2, 28, 28))
    >>> weights[0, 10:18, 13:15] = 1.0
    >>> weights[1, 10:18, 13:15] = -1.0
    >>> display = HiddenUnitsDisplay(weights, votes=[[-2.0, 2.0], [1.0, -1.0]])
    >>> [ax.get_title() for ax in display.plot().axes_]
    ['unit 0: for 1', 'unit 1: for 0']
    """

    def __init__(
        self,
        weights: ArrayLike,
        *,
        votes: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        label: str = "weight of a pixel",
    ) -> None:
        self.weights: NDArray[np.floating] = check_array(
            weights, allow_nd=True, dtype=[np.float64, np.float32], input_name="weights"
        )
        if self.weights.ndim != 3:
            raise ValueError(
                "weights must have the shape (n_units, height, width), got an array of shape "
                f"{self.weights.shape}."
            )
        self.indices: NDArray[np.integer] = np.arange(len(self.weights))
        self.votes: NDArray[np.floating] | None = None
        self.classes: NDArray[Any] | None = (
            None if classes is None else checked_column(classes, "classes")
        )
        if votes is not None:
            self.votes = check_array(votes, dtype=[np.float64, np.float32], input_name="votes")
            if self.classes is None:
                self.classes = np.arange(self.votes.shape[1])
            if self.votes.shape != (len(self.weights), len(self.classes)):
                raise ValueError(
                    f"votes must have a row for each of the {len(self.weights)} units and a column "
                    f"for each of the {len(self.classes)} classes, got the shape "
                    f"{self.votes.shape}."
                )
        self.names = [f"unit {i}" for i in self.indices] if names is None else list(names)
        if len(self.names) != len(self.weights):
            raise ValueError(
                f"names has {len(self.names)} entries, but there are {len(self.weights)} units."
            )
        self.label = label
        self.limit = _limit(self.weights)

    def plot(
        self, ax: Axes | None = None, *, n_columns: int = 5, cmap: str | Colormap | None = None
    ) -> HiddenUnitsDisplay:
        """Draw the units.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes whose place the grid takes. None makes a new figure.
        n_columns : int, default=5
            How many units stand side by side.
        cmap : str or matplotlib Colormap, default=None
            The colours, from the lowest weight to the highest. None takes blue and red, with the
            background's colour in the middle: "RdBu_r" on a light background.

        Returns
        -------
        display : HiddenUnitsDisplay
            This display, with `axes_`, `images_`, `vote_axes_`, `colorbar_`, `ax_` and `figure_`
            set.

        Raises
        ------
        ValueError
            If `n_columns` is not a positive int, or if `ax` is no Axes, or one without a
            place in a grid.
        """
        from matplotlib import colormaps
        from matplotlib.ticker import MaxNLocator

        n_units = len(self.weights)
        n_columns = min(checked_count(n_columns, "n_columns"), n_units)
        captions = [self._caption(position) for position in range(n_units)]
        n_rows = -(-n_units // n_columns)
        figsize = self._figure_size(captions, n_columns)
        strips: list[Axes] = []
        if self.votes is None:
            self.ax_, panels = divide(ax, n_units, n_columns, figsize=figsize, spacing=(0.25, 0.35))
        else:
            self.ax_, panels, strips = divide_in_pairs(
                ax,
                n_units,
                n_columns,
                figsize=figsize,
                strip_height=STRIP_HEIGHT,
                spacing=(0.25, 0.45),
            )
        self.figure_: Figure | SubFigure = self.ax_.figure
        self.axes_ = np.array(panels, dtype=object)
        points = caption_points(captions, n_columns, ax)
        colors = colormaps.get_cmap(cmap or diverging_on(self.ax_))
        images = [
            draw_image(
                panel, weights, caption, points, cmap=colors, vmin=-self.limit, vmax=self.limit
            )
            for panel, weights, caption in zip(panels, self.weights, captions, strict=True)
        ]
        self.images_ = np.array(images, dtype=object)
        self._draw_votes(strips, colors)
        self.vote_axes_ = np.array(strips, dtype=object)
        is_cut = np.abs(self.weights).max() > self.limit
        self.colorbar_: Colorbar = self.figure_.colorbar(
            images[0],
            ax=[*panels, *strips],
            label=self.label,
            location="bottom",
            extend="both" if is_cut else "neither",
            shrink=min(0.7, 3 / n_columns),
            aspect=30,
            # A layout engine keeps the bar clear of what stands below the images.
            pad=0.08 / n_rows if self.figure_.get_layout_engine() else 0.08,
            # Whole multiples of a round number, and room for their labels.
            ticks=MaxNLocator(6 if n_columns > 2 else 2, steps=[1, 2, 5, 10]),
        )
        self.colorbar_.outline.set_alpha(0.3)
        return self

    def _draw_votes(self, strips: Sequence[Axes], cmap: Colormap) -> None:
        if self.votes is None or self.classes is None:
            return
        highest = float(np.abs(self.votes).max()) or 1.0
        places = np.arange(len(self.classes))
        names = [str(label) for label in self.classes]
        # Long names do not fit below bars: the caption then has to do.
        is_named = max(map(len, names)) == 1 and len(names) <= 10
        height, width = self.weights.shape[1:]
        for strip, votes in zip(strips, self.votes, strict=True):
            # As wide as the image above it, and close to it.
            strip.set(box_aspect=STRIP_HEIGHT * height / width, anchor="N")
            strip.bar(places, votes, color=[cmap(0.85 if vote > 0 else 0.15) for vote in votes])
            strip.axhline(0, color=strip.xaxis.label.get_color(), linewidth=0.5, alpha=0.5)
            strip.set(xlim=(-0.6, len(places) - 0.4), ylim=(-1.05 * highest, 1.05 * highest))
            strip.set(xticks=places if is_named else [], yticks=[])
            if is_named:
                strip.set_xticklabels(names)
            strip.tick_params(length=0, pad=1, labelsize=6.5)
            strip.spines[:].set_visible(False)
            strip.patch.set_visible(False)

    def _caption(self, position: int) -> str:
        name = self.names[position]
        if self.votes is None or self.classes is None:
            return name
        best = str(self.classes[np.argmax(self.votes[position])])
        return f"{name}: for {best}" if len(best) <= 3 else f"{name}: for\n{best}"

    def _figure_size(self, captions: list[str], n_columns: int) -> tuple[float, float]:
        n_rows = -(-len(captions) // n_columns)
        caption_width, caption_height = caption_inches(captions)
        image_width, image_height = image_inches(self.weights, IMAGE_INCHES)
        column_width = max(image_width, caption_width) + 0.1
        row_height = image_height + caption_height + 0.1
        if self.votes is not None:
            row_height += STRIP_HEIGHT * image_height + 0.3  # with the names of the classes
        bar_height = 0.85 + 0.2 * self.label.count("\n")
        return max(n_columns * column_width, 3.5), n_rows * row_height + bar_height

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, int] | None = None,
        n: int = 20,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> HiddenUnitsDisplay:
        """Show the units of a fitted network.

        What is shown depends on the hidden layers. One: its units, and their votes, which are the
        weights of the output layer less, for each unit, their mean over the classes: the softmax
        does not see what all classes have in common. Several: the units of the first, without
        votes, since what they are good for is up to the layers between. None, which is softmax
        regression: an image for each class.

        Parameters
        ----------
        estimator : estimator instance
            A fitted classifier with `coefs_`, such as SimpleMLPClassifier or scikit-learn's
            MLPClassifier, a Pipeline that ends with one, or a fitted search for one, whose best
            estimator is shown. Steps of a Pipeline before the network may scale the pixels: the
            weights are those of scaled pixels then, and the colour bar says so.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes that of the images that the network was fitted to,
            or a square, if it was fitted to rows.
        n : int, default=20
            How many hidden units to show at most: those with the most weight, in the order of
            their numbers. The weight of a unit is the length of the vector of its weights to the
            pixels, times that of its weights to the next layer.
        ax : matplotlib Axes, default=None
            The axes whose place the grid takes. None makes a new figure.
        **plot_options
            `n_columns` and `cmap`, for :meth:`plot`.

        Returns
        -------
        display : HiddenUnitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimator` is no such classifier, if its training diverged, or if the features
            that it was fitted to make no images: if their number is no square number, say, or if
            a step of the Pipeline changes it. Also if `n` is not a positive int, and in the cases
            of :meth:`plot`.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.

        Notes
        -----
        Pixels that are the same in all training samples, such as the corners of MNIST's images,
        keep the random weights that the training began with, unless `l2` draws them to zero.

        Examples
        --------
        >>> from skmnist import HiddenUnitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.neural_network import MLPClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> network = MLPClassifier(8, random_state=0, max_iter=1000).fit(X / 16, y)
        >>> display = HiddenUnitsDisplay.from_estimator(network, n=6)
        >>> display.weights.shape, display.votes.shape
        ((6, 8, 8), (6, 10))
        """
        layer = FirstLayer.of(estimator, image_shape, checked_count(n, "n"))
        label = f"weight of {layer.pixel_name}"
        if len(layer.indices) < layer.n_units:
            label += (
                f"\n({len(layer.indices)} of {layer.n_units} units: those with the most weight)"
            )
        display = cls(
            layer.weights,
            votes=layer.votes,
            classes=layer.classes,
            names=(
                [str(label) for label in layer.classes]
                if layer.is_output
                else [f"unit {i}" for i in layer.indices]
            ),
            label=label,
        )
        display.indices = layer.indices
        return display.plot(ax, **plot_options)


def _limit(weights: NDArray[np.floating]) -> float:
    sizes = np.abs(weights)
    # Where nearly all weights are zero, only the largest is left to go by.
    return float(np.percentile(sizes, SHOWN_WHOLE)) or float(sizes.max()) or 1.0
