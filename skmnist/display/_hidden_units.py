"""The weights of a network's hidden units, as images and as bars of the classes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import reduce
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_scalar
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skmnist._compat import _num_samples, _safe_indexing
from skmnist._estimators import unwrap
from skmnist._pixels import scale_pixels
from skmnist.display._axes import (
    LEAST_POINTS,
    font_points,
    size_in_points,
    text_width,
)
from skmnist.display._color_bar import THICKNESS, draw_color_bar
from skmnist.display._colors import is_dark
from skmnist.display._image_grid import (
    IMAGE_POINTS,
    MIN_WIDTH,
    ImageGrid,
    caption_points,
)
from skmnist.display._inputs import check_image_shape, check_images

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

# The few largest weights may be twice as large as all others, and would leave these
# pale.
SHOWN_WHOLE = 99.5  # per cent of the weights
MANY_SAMPLES = 10_000  # as good as more for a standard deviation
# Parts of an image's longer side: the bars, the space above and below them, the largest
# letters.
BARS, SPACE, LETTER = 0.3, 0.04, 0.085
TINY = np.finfo(np.float64).tiny  # of bars that are all zero
WIDE = 1.3  # times as wide as high: the colour bar takes less room at the right
# matplotlib's own with a dark middle, "berlin", goes to brown.
BLUE_BLACK_RED = [
    "#9ecbff",
    "#3d8fe0",
    "#123a63",
    "#000000",
    "#6b1410",
    "#e0533d",
    "#ffbfa8",
]


class HiddenUnitsDisplay(ImageGrid):
    """The weights of each unit of the first layer as an image, and its class weights.

    Where an image is red, ink makes the unit more active; where it is blue, ink makes
    it less active. An active unit makes a class with a bar upwards more probable, and
    one with a bar downwards less. One colour scale, symmetric about zero, serves all
    images, one scale all bars.

    Parameters
    ----------
    weights : array-like of shape (n_units, height, width)
        The weight of each pixel for each unit.
    output_weights : array-like of shape (n_units, n_classes), default=None
        The weight of each unit for each class. None draws no bars.
    classes : array-like of shape (n_classes,), default=None
        The names of the classes. None means ``0, 1, …``.
    names : sequence of str of length n_units, default=None
        The names of the units. None means "unit 0", "unit 1", …
    label : str, default="weight of a pixel"
        The label of the colour bar.

    Attributes
    ----------
    indices : ndarray of shape (n_units,), dtype=int
        The numbers of the units in their layer.
    limit : float
        The weight that has the strongest colour: red, and blue for ``-limit``. It is
        exceeded by one weight in 200, which the colour bar shows by pointed ends.
    images_, captions_ : list of length n_units
        The matplotlib AxesImage of each unit, and the Text above it. Set by
        :meth:`plot`, as are the following.
    bars_ : matplotlib LineCollection or None
        The bars of all units, one unit after the other. None without output weights.
    colorbar_ : matplotlib Colorbar
        The colour bar.
    ax_ : matplotlib Axes
        The axes of the grid. Its unit is the longer side of an image.
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
    >>> display = HiddenUnitsDisplay(weights, output_weights=[[-2.0, 2.0], [1.0, -1.0]])
    >>> display
    HiddenUnitsDisplay(2 units of 28 × 28 pixels)
    >>> [caption.get_text() for caption in display.plot().captions_]
    ['unit 0: for 1', 'unit 1: for 0']
    """

    def __init__(
        self,
        weights: ArrayLike,
        *,
        output_weights: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        label: str = "weight of a pixel",
    ) -> None:
        self.weights = self._pixels = check_images(weights, "weights")
        self.indices: NDArray[np.integer] = np.arange(len(self.weights))

        self.output_weights: Any = output_weights
        self.classes: Any = classes
        if output_weights is not None:
            self.output_weights = check_array(
                output_weights,
                input_name="output_weights",
            )
            if classes is None:
                self.classes = np.arange(self.output_weights.shape[1])
            check_consistent_length(self.output_weights.T, self.classes)

        if names is None:
            names = [f"unit {i}" for i in self.indices]
        self.names = list(names)
        check_consistent_length(self.weights, self.output_weights, self.names)
        self.label = label

        sizes = np.abs(self.weights)
        self.limit = float(np.percentile(sizes, SHOWN_WHOLE))
        if self.limit == 0:
            # Nearly all weights are zero, or all of them.
            self.limit = float(sizes.max())
        if self.limit == 0:
            self.limit = 1.0

    def __repr__(self) -> str:
        n_units, height, width = self.weights.shape
        return f"{type(self).__name__}({n_units} units of {height} × {width} pixels)"

    def _draw(self, cmap: Any) -> None:
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import LinearSegmentedColormap, Normalize

        if cmap is None:
            cmap = "RdBu_r"
            if is_dark():
                cmap = LinearSegmentedColormap.from_list("on_dark", BLUE_BLACK_RED)
        colors = colormaps.get_cmap(cmap)
        scale = ScalarMappable(Normalize(-self.limit, self.limit), colors)
        foot = self._draw_color_bar(scale)

        _, height, width = self.weights.shape
        below, letter, rotation = self._room_for_bars(width / max(height, width))
        unit = self._draw_grid(
            side=max(IMAGE_POINTS, 6 / letter),
            below=below,
            foot=foot,
            cmap=colors,
            norm=scale.norm,
        )
        self.bars_: Any = None
        if self.output_weights is not None:
            self._draw_bars(colors, unit, letter, rotation)

    def _draw_color_bar(self, scale: Any) -> float:
        """Draw the colour bar, and return the points that it needs below images."""
        label_points = 0.8 * font_points("axes.labelsize")
        tick_points = 0.8 * font_points("xtick.labelsize")
        location, length = "bottom", MIN_WIDTH * caption_points() / 9
        if not self._is_new:
            length, height = size_in_points(self.ax_)
            # Small axes should show more than a label.
            label_points = min(label_points, 0.05 * min(length, height))
            tick_points = min(tick_points, 0.05 * min(length, height))
            if length > WIDE * height:
                location, length = "right", height
        has_larger = np.abs(self.weights).max() > self.limit
        extend = "both" if has_larger else "neither"
        self.colorbar_ = draw_color_bar(
            self.ax_,
            scale,
            location,
            ticks=[-self.limit, 0, self.limit],
            format="{x:.2g}",
            extend=extend,
        )

        n_characters = max(10, int(length / (0.55 * label_points)))
        lines = []
        for line in self.label.splitlines():
            lines += textwrap.wrap(line, n_characters)
        self.colorbar_.set_label("\n".join(lines), fontsize=label_points)
        self.colorbar_.ax.tick_params(labelsize=tick_points)
        return 72 * THICKNESS + 2 * tick_points + 1.3 * label_points * (len(lines) + 1)

    def _caption(self, position: int, *, is_short: bool = False) -> str:
        name = self.names[position]
        if self.output_weights is None:
            return name
        best = str(self.classes[np.argmax(self.output_weights[position])])
        if is_short:
            return f"for {best}"
        if len(best) > 3:
            return f"{name}: for\n{best}"
        return f"{name}: for {best}"

    def _room_for_bars(self, wide: float) -> tuple[float, float, int]:
        """Return the room below an image, size and rotation of the classes' names."""
        if self.output_weights is None:
            return 0.0, LETTER, 0

        pitch = wide / len(self.classes)
        letter = min(LETTER, 0.9 * pitch)
        length = letter * text_width(map(str, self.classes))
        if length > pitch:
            return BARS + 3 * SPACE + length, letter, 90
        return BARS + 3 * SPACE + letter, letter, 0

    def _draw_bars(
        self,
        colors: Colormap,
        unit: float,
        letter: float,
        rotation: int,
    ) -> None:
        from matplotlib import rcParams

        heights: Any = self.output_weights
        n_classes = heights.shape[1]
        extents = np.array([image.get_extent() for image in self.images_])
        left, right, bottom, _ = extents.T
        pitch = (right[0] - left[0]) / n_classes
        x = left[:, np.newaxis] + pitch * (np.arange(n_classes) + 0.5)

        # The axis grows downwards.
        zeros = bottom + SPACE + BARS / 2
        y = np.broadcast_to(zeros[:, np.newaxis], x.shape)
        ends = y - heights / max(np.abs(heights).max(), TINY) * BARS / 2

        self.bars_ = self.ax_.vlines(
            x.ravel(),
            y.ravel(),
            ends.ravel(),
            colors=list(colors(np.where(heights.ravel() > 0, 0.85, 0.15))),
            linewidth=0.8 * pitch * unit,
            capstyle="butt",
        )
        self.ax_.hlines(
            zeros,
            left,
            right,
            rcParams["text.color"],
            linewidth=0.5,
            alpha=0.5,
        )
        if letter * unit >= LEAST_POINTS:
            self._name_bars(x, zeros + BARS / 2 + SPACE, letter * unit, rotation)

    def _name_bars(
        self,
        x: NDArray[np.floating],
        tops: NDArray[np.floating],
        points: float,
        rotation: int,
    ) -> None:
        """Write the classes below the bars, all in one line, not at the bars' ends."""
        for row, top in zip(x, tops, strict=True):
            for place, name in zip(row, self.classes, strict=True):
                self.ax_.text(
                    place,
                    top,
                    str(name),
                    fontsize=points,
                    rotation=rotation,
                    ha="center",
                    va="top",
                    in_layout=False,
                )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        X: Any = None,
        image_shape: tuple[int, int] | None = None,
        n: int = 20,
        **plot_options: Any,
    ) -> HiddenUnitsDisplay:
        """Show the units of a fitted network.

        Pass images as `X`: the weights are then multiplied by the standard deviation of
        each pixel, which is how much the pixel contributes. Weights alone are the
        largest for pixels that are rarely inked, and show the rim of the images rather
        than digits.

        The bars are the weights of the output layer less, for each unit, their mean
        over the classes: the softmax does not depend on what all classes have in
        common. With several hidden layers, the units of the first are shown, and the
        bars are the products of the weights along all ways to the output, as if the
        layers between were linear. Without hidden layers, which is softmax regression,
        there is an image for each class.

        Parameters
        ----------
        estimator : estimator instance
            A fitted classifier with `coefs_`, such as SimpleMLPClassifier or
            scikit-learn's MLPClassifier, a Pipeline that ends with one, or a fitted
            search for one, whose best estimator is shown. If steps of a Pipeline before
            the network scale the pixels, the weights are those of scaled pixels, and
            the label of the colour bar names the last step.
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, height, width), default=None
            Images as `estimator` takes them, such as the training data. Of more than
            10,000, about 10,000 are used, evenly spaced. None shows the weights alone.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes that of the images in `X`, or of those
            that the network was fitted to, or a square, if these are rows.
        n : int, default=20
            How many hidden units to show at most: those with the most weight, in the
            order of their numbers. The weight of a unit is the length of the vector of
            its weights shown, times that of its weights for the classes.
        **plot_options
            `ax`, `cmap` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : HiddenUnitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimator` is not such a classifier, if its training diverged, if the
            features that it was fitted to do not make images, such as after a PCA, or
            if `X` does not have these features. Also if `n` is not positive, and in the
            cases of :meth:`plot`.

        Examples
        --------
        >>> from skmnist import HiddenUnitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.neural_network import MLPClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> network = MLPClassifier(8, random_state=0, tol=0.1).fit(X / 16, y)
        >>> display = HiddenUnitsDisplay.from_estimator(network, X=X / 16, n=6)
        >>> display.weights.shape, display.output_weights.shape
        ((6, 8, 8), (6, 10))
        """
        check_scalar(n, "n", Integral, min_val=1)
        network, steps = unwrap(estimator)
        first, *others = _kernels(network)
        n_features, n_units = first.shape
        if image_shape is None:
            image_shape = _known_shape(estimator, network, steps, X, n_features)
        shape = check_image_shape(image_shape, n_features, "the network's input")

        weights, label = first.T, "weight of a pixel"
        if X is not None:
            weights = weights * _spread(X, steps, n_features)
            label += " × its standard deviation"
        if steps:
            label += f"\nafter {_name_of_step(steps[-1])}"

        indices: NDArray[np.integer] = np.arange(n_units)
        if others:
            to_classes = reduce(np.matmul, others)
            output_weights = to_classes - to_classes.mean(axis=1, keepdims=True)
            indices = _heaviest(weights, output_weights, n)
            output_weights = output_weights[indices]
            names = [f"unit {i}" for i in indices]
        else:
            output_weights = None
            names = [str(name) for name in network.classes_]
        if len(indices) < n_units:
            shown = f"{len(indices)} of {n_units} units"
            label += f"\n({shown}: those with the most weight)"

        display = cls(
            weights[indices].reshape(-1, *shape),
            output_weights=output_weights,
            classes=network.classes_,
            names=names,
            label=label,
        )
        display.indices = indices
        return display.plot(**plot_options)


def _name_of_step(step: Any) -> str:
    if getattr(step, "func", None) is scale_pixels:
        return "scaling"
    return type(step).__name__


def _known_shape(
    estimator: Any,
    network: Any,
    steps: list[Any],
    X: Any,
    n_features: int,
) -> Any:
    """Return the shape of the images in X, or fitted to, or None for rows of pixels."""
    if np.ndim(X) == 3:
        return np.shape(X)[1:]
    image_shape = getattr(network, "image_shape_", None)
    n_pixels = getattr(estimator, "n_features_in_", n_features)
    if image_shape is None and n_pixels != n_features:
        raise ValueError(
            f"The network was fitted to {n_features} features that "
            f"{type(steps[-1]).__name__} made of pixels. Pass image_shape=(height, "
            "width) if they make images."
        )
    return image_shape


def _heaviest(
    weights: NDArray[np.floating],
    output_weights: NDArray[np.floating],
    n: int,
) -> NDArray[np.integer]:
    """Return the numbers of the n units with the most weight, in ascending order."""
    sizes = np.linalg.norm(weights, axis=1) * np.linalg.norm(output_weights, axis=1)
    return np.sort(np.argsort(-sizes, kind="stable")[:n])


def _kernels(network: Any) -> list[NDArray[np.floating]]:
    """Return the weights of each layer of a fitted network."""
    if not hasattr(network, "coefs_") or not hasattr(network, "classes_"):
        check_is_fitted(network)
        raise ValueError(
            "HiddenUnitsDisplay only supports classifiers with the weights of their "
            f"layers in coefs_, such as SimpleMLPClassifier, got {network!r}."
        )

    kernels = [np.asarray(kernel) for kernel in network.coefs_]
    if kernels[-1].shape[1] == 1 and len(network.classes_) == 2:
        # MLPClassifier has one output for two classes: a weight for one is against the
        # other.
        kernels[-1] = np.hstack([-kernels[-1], kernels[-1]])
    return kernels


def _spread(X: Any, steps: list[Any], n_features: int) -> NDArray[np.floating]:
    """Return the standard deviation of each feature that the network gets."""
    every = max(1, _num_samples(X) // MANY_SAMPLES)
    X = _safe_indexing(X, np.arange(0, _num_samples(X), every))

    for step in steps:
        X = step.transform(X)

    pixels = check_array(X, allow_nd=True, input_name="X")
    pixels = pixels.reshape(len(pixels), -1)
    if pixels.shape[1] != n_features:
        given = pixels.shape[1]
        raise ValueError(
            f"X has {given} features, but the network was fitted to {n_features}.",
        )
    return pixels.std(axis=0)
