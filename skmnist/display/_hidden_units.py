"""What the units of a network respond to in an image, and which classes they speak for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skmnist._compat import _num_samples, _safe_indexing
from skmnist.display._drawing import (
    CAPTION_POINTS,
    IMAGE_POINTS,
    axes_or_new,
    diverging_on,
    draw_grid,
    in_columns,
    text_size,
)
from skmnist.display._inputs import check_count, check_image_shape, unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure

FLOATS = [np.float64, np.float32]
# The few largest weights may be twice as large as all others, and would leave these pale.
SHOWN_WHOLE = 99.5  # per cent of the weights
MANY_SAMPLES = 10_000  # as good as more for a standard deviation
# Parts of an image's longer side: the bars, the space above and below them, the largest letters.
BARS, GAP, LETTER = 0.3, 0.04, 0.085
READABLE_POINTS = 4.5


class HiddenUnitsDisplay:
    """The weights of each unit of the first layer as an image, and its weight for each class.

    Where an image is red, ink makes the unit more active; where it is blue, ink makes it less
    active. One colour scale, symmetric about zero, serves all images. The bars below an image show
    what the unit is good for: an active unit makes a class with a bar upwards more probable, and
    one with a bar downwards less. One scale serves all bars too.

    It is recommended to use :meth:`from_estimator`.

    The parameters are attributes too, by the same names.

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
        The numbers of the units in their layer; set by :meth:`from_estimator` where it leaves
        some out.
    limit : float
        The weight that has the strongest colour: red, and blue for ``-limit``. It is exceeded by
        one weight in 200, which the colour bar shows by pointed ends.
    images_ : ndarray of shape (n_units,), dtype=object
        The matplotlib AxesImage of each unit. Set by :meth:`plot`, as are the following.
    captions_ : ndarray of shape (n_units,), dtype=object
        The matplotlib Text above each image.
    bars_ : matplotlib LineCollection or None
        The bars of all units, one unit after the other. None without output weights.
    colorbar_ : matplotlib Colorbar
        The colour bar.
    ax_ : matplotlib Axes
        The axes of the grid. Its unit is a point, 1/72 inch.
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
        self.weights: NDArray[np.floating] = check_array(
            weights, allow_nd=True, dtype=FLOATS, input_name="weights"
        )
        if self.weights.ndim != 3:
            raise ValueError(
                "weights must have the shape (n_units, height, width), got an array of shape "
                f"{self.weights.shape}."
            )
        self.indices: NDArray[np.integer] = np.arange(len(self.weights))
        self.output_weights: NDArray[np.floating] | None = None
        self.classes: Any = None if classes is None else np.asarray(classes)
        if output_weights is not None:
            weights_out = check_array(output_weights, dtype=FLOATS, input_name="output_weights")
            if self.classes is None:
                self.classes = np.arange(weights_out.shape[1])
            if weights_out.shape != (len(self.weights), *self.classes.shape):
                raise ValueError(
                    f"output_weights must have a row for each of the {len(self.weights)} units and "
                    f"a column for each of the {len(self.classes)} classes, got the shape "
                    f"{weights_out.shape}."
                )
            self.output_weights = weights_out
        self.names = [f"unit {i}" for i in self.indices] if names is None else list(names)
        check_consistent_length(self.weights, self.names)
        self.label = label
        sizes = np.abs(self.weights)
        # Where nearly all weights are zero, the largest one remains.
        self.limit = float(np.percentile(sizes, SHOWN_WHOLE)) or float(sizes.max()) or 1.0

    def __repr__(self) -> str:
        n_units, height, width = self.weights.shape
        return f"{type(self).__name__}({n_units} units of {height} × {width} pixels)"

    def plot(
        self,
        ax: Axes | None = None,
        *,
        n_columns: int | None = None,
        cmap: str | Colormap | None = None,
        figsize: tuple[float, float] | None = None,
    ) -> HiddenUnitsDisplay:
        """Draw the units.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes to draw in. None makes a new figure.
        n_columns : int, default=None
            The number of units side by side. None means about the square root of their number.
        cmap : str or matplotlib Colormap, default=None
            The colours, from the lowest weight to the highest. None takes blue and red, with the
            background's colour in the middle: "RdBu_r" on a light background.
        figsize : tuple of float, default=None
            Width and height in inches of a new figure, if `ax` is None. None makes it as large as
            its images need.

        Returns
        -------
        display : HiddenUnitsDisplay
            This display, with `images_`, `captions_`, `bars_`, `colorbar_`, `ax_` and `figure_`
            set.

        Raises
        ------
        ValueError
            If `n_columns` is not a positive int, or if `ax` is not an Axes.
        """
        from matplotlib import colormaps

        n_units, *shape = self.weights.shape
        is_new = ax is None and figsize is None
        self.ax_ = axes_or_new(ax, figsize)
        self.figure_: Figure | SubFigure = self.ax_.figure
        colors = colormaps.get_cmap(cmap or diverging_on(self.ax_))
        letter, rotation, names_height = self._letters_of_classes(shape[1] / max(shape))
        self.images_, _, self.captions_ = draw_grid(
            self.ax_,
            self.weights,
            [self._caption(position) for position in range(n_units)],
            in_columns(n_units, n_columns),
            new_side=max(IMAGE_POINTS, 6 / letter) if is_new else None,
            below=0 if self.output_weights is None else BARS + 3 * GAP + names_height,
            foot=34 + 1.4 * CAPTION_POINTS * len(self.label.splitlines()),
            cmap=colors,
            vmin=-self.limit,
            vmax=self.limit,
        )
        self.bars_: LineCollection | None = None
        if self.output_weights is not None:
            self._draw_bars(colors, letter, rotation)
        self.colorbar_ = self._draw_colorbar()
        return self

    def _caption(self, position: int) -> str:
        name = self.names[position]
        if self.output_weights is None:
            return name
        best = str(self.classes[np.argmax(self.output_weights[position])])
        return f"{name}: for {best}" if len(best) <= 3 else f"{name}: for\n{best}"

    def _letters_of_classes(self, wide: float) -> tuple[float, int, float]:
        """Return font size, rotation and height of the names below bars, as parts of a side."""
        if self.output_weights is None:
            return LETTER, 0, 0.0
        width, height = text_size(self.ax_, list(map(str, self.classes)), 10) / 10
        pitch = wide / len(self.classes)
        letter = min(LETTER, 0.95 * pitch)
        if letter * width < 1.1 * pitch:
            return letter, 0, letter * height
        letter = min(LETTER, 0.8 * pitch)
        return letter, 90, letter * width

    def _draw_bars(self, colors: Colormap, letter: float, rotation: int) -> None:
        heights: Any = self.output_weights
        left, right, bottom, top = np.transpose([im.get_extent() for im in self.images_])
        longer_side = max(right[0] - left[0], top[0] - bottom[0])
        zeros = bottom - (GAP + BARS / 2) * longer_side
        pitch = (right[0] - left[0]) / len(self.classes)
        places = left[:, np.newaxis] + pitch * (np.arange(len(self.classes)) + 0.5)
        scale = BARS / 2 * longer_side / (np.abs(heights).max() or 1)
        self.bars_ = self.ax_.vlines(
            places.ravel(),
            np.repeat(zeros, len(self.classes)),
            (zeros[:, np.newaxis] + scale * heights).ravel(),
            colors=list(colors(np.where(heights.ravel() > 0, 0.85, 0.15))),
            linewidth=0.8 * pitch,
            capstyle="butt",
            in_layout=False,
        )
        color = self.ax_.xaxis.label.get_color()
        self.ax_.hlines(zeros, left, right, color, linewidth=0.5, alpha=0.5, in_layout=False)
        if letter * longer_side < READABLE_POINTS:
            return
        for row, y in zip(places, zeros - (BARS / 2 + GAP) * longer_side, strict=True):
            for x, name in zip(row, self.classes, strict=True):
                text = self.ax_.text(x, y, str(name), ha="center", va="top", rotation=rotation)
                text.set(fontsize=letter * longer_side, in_layout=False)

    def _draw_colorbar(self) -> Colorbar:
        left, right = self.ax_.get_xlim()
        bottom = self.ax_.get_ylim()[0] + 18 + 1.4 * CAPTION_POINTS * len(self.label.splitlines())
        width = min(0.8 * (right - left), 3 * IMAGE_POINTS)
        place = ((left + right - width) / 2, bottom, width, 8)
        bar = self.ax_.figure.colorbar(
            self.images_[0],
            cax=self.ax_.inset_axes(place, transform=self.ax_.transData),
            orientation="horizontal",
            extend="both" if np.abs(self.weights).max() > self.limit else "neither",
            ticks=[-self.limit, 0, self.limit],
            format="{x:.2g}",
        )
        room = (right - left) / text_size(self.ax_, [self.label], CAPTION_POINTS)[0]
        points = CAPTION_POINTS * min(1, room)
        bar.set_label(self.label, fontsize=points)
        bar.ax.tick_params(labelsize=points, length=2, pad=2)
        bar.ax.set_in_layout(False)
        return bar

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        X: Any = None,
        image_shape: tuple[int, int] | None = None,
        n: int = 20,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> HiddenUnitsDisplay:
        """Show the units of a fitted network.

        Pass images as `X`: the weights are then multiplied by the standard deviation of each
        pixel, which is how much the pixel contributes. Weights alone are the largest for pixels
        that are rarely inked, and show the rim of the images rather than digits.

        The bars are the weights of the output layer less, for each unit, their mean over the
        classes: the softmax does not depend on what all classes have in common. With several
        hidden layers, the units of the first are shown, and the bars are the products of the
        weights along all ways to the output, as if the layers between were linear. Without hidden
        layers, which is softmax regression, there is an image for each class.

        Parameters
        ----------
        estimator : estimator instance
            A fitted classifier with `coefs_`, such as SimpleMLPClassifier or scikit-learn's
            MLPClassifier, a Pipeline that ends with one, or a fitted search for one, whose best
            estimator is shown. If steps of a Pipeline before the network scale the pixels, the
            weights are those of scaled pixels, and the label of the colour bar names the step.
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width), default=None
            Images as `estimator` takes them, such as the training data. Of more than 10,000, about
            10,000 are used, evenly spaced. None shows the weights alone.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes that of the images in `X`, or of those that the
            network was fitted to, or a square, if these are rows.
        n : int, default=20
            How many hidden units to show at most: those with the most weight, in the order of
            their numbers. The weight of a unit is the length of the vector of its weights shown,
            times that of its weights for the classes.
        ax : matplotlib Axes, default=None
            The axes to draw in. None makes a new figure.
        **plot_options
            `n_columns`, `cmap` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : HiddenUnitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimator` is not such a classifier, if its training diverged, if the features
            that it was fitted to do not make images, such as after a PCA, or if `X` does not have
            these features. Also if `n` is not a positive int, and in the cases of :meth:`plot`.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.

        Examples
        --------
        >>> from skmnist import HiddenUnitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.neural_network import MLPClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> network = MLPClassifier(8, random_state=0, max_iter=1000).fit(X / 16, y)
        >>> display = HiddenUnitsDisplay.from_estimator(network, X=X / 16, n=6)
        >>> display.weights.shape, display.output_weights.shape
        ((6, 8, 8), (6, 10))
        """
        check_count(n, "n")
        network, steps = unwrap(estimator)
        first, *others = _kernels(network)
        n_features, n_units = first.shape
        height, width = _image_shape(network, estimator, image_shape, X, n_features, steps)
        weights = first.T
        after = f" after {type(steps[-1]).__name__}" if steps else ""
        label = f"weight of a pixel{after}"
        if X is not None:
            weights = weights * _spread(X, steps, n_features)
            label = f"weight of a pixel × its standard deviation{after}"
        output_weights = None
        names = [str(name) for name in network.classes_]
        indices = np.arange(n_units)
        if others:
            output_weights = others[0] if len(others) == 1 else np.linalg.multi_dot(others)
            output_weights = output_weights - output_weights.mean(axis=1, keepdims=True)
            sizes = np.linalg.norm(weights, axis=1) * np.linalg.norm(output_weights, axis=1)
            indices = np.sort(np.argsort(-sizes, kind="stable")[:n])
            output_weights = output_weights[indices]
            names = [f"unit {i}" for i in indices]
        if len(indices) < n_units:
            label += f"\n({len(indices)} of {n_units} units: those with the most weight)"
        display = cls(
            weights[indices].reshape(-1, height, width),
            output_weights=output_weights,
            classes=network.classes_,
            names=names,
            label=label,
        )
        display.indices = indices
        return display.plot(ax, **plot_options)


def _kernels(network: Any) -> list[NDArray[np.floating]]:
    """Return the weights of each layer of a fitted network."""
    if not hasattr(network, "coefs_") or not hasattr(network, "classes_"):
        if hasattr(network, "fit"):
            check_is_fitted(network)
        raise ValueError(
            "HiddenUnitsDisplay only supports classifiers with the weights of their layers in "
            f"coefs_, such as SimpleMLPClassifier, got {network!r}."
        )
    kernels = [np.asarray(kernel) for kernel in network.coefs_]
    if kernels[-1].shape[1] == 1 and len(network.classes_) == 2:
        # MLPClassifier has one output for two classes: a weight for one is against the other.
        kernels[-1] = np.hstack([-kernels[-1], kernels[-1]])
    if not all(np.isfinite(kernel).all() for kernel in kernels):
        raise ValueError(
            f"The weights of this {type(network).__name__} are not finite: its training diverged. "
            "Lower learning_rate, or scale the features, and fit again."
        )
    return kernels


def _image_shape(
    network: Any, estimator: Any, image_shape: Any, X: Any, n_features: int, steps: list[Any]
) -> tuple[int, int]:
    if image_shape is None and np.ndim(X) == 3:
        image_shape = np.shape(X)[1:]
    elif image_shape is None:
        image_shape = getattr(network, "image_shape_", None)
    n_pixels = getattr(estimator, "n_features_in_", n_features)
    if image_shape is None and n_pixels != n_features:
        names = " and ".join(type(step).__name__ for step in steps)
        raise ValueError(
            f"The network was fitted to {n_features} features that {names} made of {n_pixels} "
            "pixels: its weights do not make images. Show a network fitted to pixels, scaled or "
            "not, or pass image_shape=(height, width) if the features are images after all."
        )
    return check_image_shape(image_shape, n_features, "the network's input")


def _spread(X: Any, steps: list[Any], n_features: int) -> NDArray[np.floating]:
    """Return the standard deviation of each feature that the network gets."""
    every = max(1, _num_samples(X) // MANY_SAMPLES)
    X = _safe_indexing(X, np.arange(0, _num_samples(X), every))
    for step in steps:
        X = step.transform(X)
    pixels = check_array(X, accept_sparse="csr", allow_nd=True, input_name="X")
    pixels = pixels.toarray() if hasattr(pixels, "toarray") else pixels.reshape(len(pixels), -1)
    if pixels.shape[1] != n_features:
        raise ValueError(
            f"X has {pixels.shape[1]} features, but the network was fitted to {n_features}."
        )
    return pixels.std(axis=0)
