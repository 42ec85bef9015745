"""What the units of a network respond to in an image, and which classes they speak for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_scalar
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skmnist._compat import _num_samples, _safe_indexing
from skmnist.display import _drawing
from skmnist.display._inputs import check_image_shape, check_images, unwrap

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

# The few largest weights may be twice as large as all others, and would leave these pale.
SHOWN_WHOLE = 99.5  # per cent of the weights
MANY_SAMPLES = 10_000  # as good as more for a standard deviation
# Parts of an image's longer side: the bars, the space above and below them, the largest letters.
BARS, SPACE, LETTER = 0.3, 0.04, 0.085
READABLE_POINTS, LABEL_POINTS = 5.0, 8.0
# matplotlib's own with a dark middle, "berlin", goes to brown.
BLUE_BLACK_RED = ["#9ecbff", "#3d8fe0", "#123a63", "#000000", "#6b1410", "#e0533d", "#ffbfa8"]


class HiddenUnitsDisplay(_drawing.ImageGrid):
    """The weights of each unit of the first layer as an image, and its weight for each class.

    Where an image is red, ink makes the unit more active; where it is blue, ink makes it less
    active. An active unit makes a class with a bar upwards more probable, and one with a bar
    downwards less. One colour scale, symmetric about zero, serves all images, one scale all bars.

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
        The weight that has the strongest colour: red, and blue for ``-limit``. It is exceeded by
        one weight in 200, which the colour bar shows by pointed ends.
    images_, captions_ : list of length n_units
        The matplotlib AxesImage of each unit, and the Text above it. Set by :meth:`plot`, as are
        the following.
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
        self.indices = np.arange(len(self.weights))
        self.output_weights: Any = output_weights
        self.classes: Any = classes
        if output_weights is not None:
            self.output_weights = check_array(output_weights, input_name="output_weights")
            self.classes = np.arange(self.output_weights.shape[1]) if classes is None else classes
            check_consistent_length(self.output_weights.T, self.classes)
        self.names = [f"unit {i}" for i in self.indices] if names is None else list(names)
        check_consistent_length(self.weights, self.output_weights, self.names)
        self.label = label
        sizes = np.abs(self.weights)
        # Where nearly all weights are zero, the largest one remains.
        self.limit = float(np.percentile(sizes, SHOWN_WHOLE)) or float(sizes.max()) or 1.0

    def __repr__(self) -> str:
        n_units, height, width = self.weights.shape
        return f"{type(self).__name__}({n_units} units of {height} × {width} pixels)"

    def _draw(self, cmap: Any) -> None:
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import LinearSegmentedColormap, Normalize

        _, height, width = self.weights.shape
        on_dark = LinearSegmentedColormap.from_list("blue_black_red", BLUE_BLACK_RED)
        colors = colormaps.get_cmap(cmap or (on_dark if _drawing.is_dark() else "RdBu_r"))
        scale = ScalarMappable(Normalize(-self.limit, self.limit), colors)
        bar: Any = {"location": "bottom", "pad": 0.02, "shrink": 0.7, "aspect": 30}
        bar |= {"ticks": [-self.limit, 0, self.limit], "format": "{x:.2g}"}
        bar["extend"] = "both" if np.abs(self.weights).max() > self.limit else "neither"
        self.colorbar_ = self.figure_.colorbar(scale, ax=self.ax_, **bar)
        self.colorbar_.set_label(self.label, fontsize=LABEL_POINTS)
        self.colorbar_.ax.tick_params(labelsize=LABEL_POINTS)
        below, letter, rotation = self._room_for_bars(width / max(height, width))
        unit = self._draw_grid(
            side=max(_drawing.IMAGE_POINTS, 6 / letter),
            below=below,
            foot=35 + 1.3 * LABEL_POINTS * len(self.label.splitlines()),
            cmap=colors,
            norm=scale.norm,
        )
        self.bars_: Any = None
        if self.output_weights is not None:
            self._draw_bars(colors, unit, letter, rotation)

    def _caption(self, position: int) -> str:
        name = self.names[position]
        if self.output_weights is None:
            return name
        best = str(self.classes[np.argmax(self.output_weights[position])])
        return f"{name}: for {best}" if len(best) <= 3 else f"{name}: for\n{best}"

    def _room_for_bars(self, wide: float) -> tuple[float, float, int]:
        """Return the room below an image, and size and rotation of the classes' names in it."""
        if self.output_weights is None:
            return 0.0, LETTER, 0
        pitch = wide / len(self.classes)
        letter = min(LETTER, 0.9 * pitch)
        length = letter * _drawing.text_width(map(str, self.classes))
        is_long = length > pitch
        return BARS + 3 * SPACE + (length if is_long else letter), letter, 90 * is_long

    def _draw_bars(self, colors: Colormap, unit: float, letter: float, rotation: int) -> None:
        from matplotlib import rcParams

        heights: Any = self.output_weights
        left, right, bottom, _ = np.transpose([image.get_extent() for image in self.images_])
        zeros = bottom + SPACE + BARS / 2
        pitch = (right[0] - left[0]) / heights.shape[1]
        x = left[:, np.newaxis] + pitch * (np.arange(heights.shape[1]) + 0.5)
        y = np.broadcast_to(zeros[:, np.newaxis], x.shape)
        ends = y - heights * BARS / 2 / (np.abs(heights).max() or 1)
        options: Any = {"colors": list(colors(np.where(heights.ravel() > 0, 0.85, 0.15)))}
        options |= {"linewidth": 0.8 * pitch * unit, "capstyle": "butt"}
        self.bars_ = self.ax_.vlines(x.ravel(), y.ravel(), ends.ravel(), **options)
        self.ax_.hlines(zeros, left, right, rcParams["text.color"], linewidth=0.5, alpha=0.5)
        if letter * unit < READABLE_POINTS:
            return
        names: Any = {"rotation": rotation, "ha": "center", "va": "top", "in_layout": False}
        names["fontsize"] = letter * unit
        for row, top in zip(x, zeros + BARS / 2 + SPACE, strict=True):
            for place, name in zip(row, self.classes, strict=True):
                self.ax_.text(place, top, str(name), **names)

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
        **plot_options
            `ax`, `cmap` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : HiddenUnitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimator` is not such a classifier, if its training diverged, if the features
            that it was fitted to do not make images, such as after a PCA, or if `X` does not have
            these features. Also if `n` is not positive, and in the cases of :meth:`plot`.

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
            is_image = np.ndim(X) == 3
            image_shape = np.shape(X)[1:] if is_image else getattr(network, "image_shape_", None)
        if image_shape is None and getattr(estimator, "n_features_in_", n_features) != n_features:
            raise ValueError(
                f"The network was fitted to {n_features} features that {type(steps[-1]).__name__} "
                "made of pixels. Pass image_shape=(height, width) if they make images."
            )
        shape = check_image_shape(image_shape, n_features, "the network's input")
        weights, label = first.T, "weight of a pixel"
        if X is not None:
            weights = weights * _spread(X, steps, n_features)
            label += " × its standard deviation"
        if steps:
            label += f"\nafter {type(steps[-1]).__name__}"
        indices, output_weights = np.arange(n_units), None
        names = [str(name) for name in network.classes_]
        if others:
            output_weights = reduce(np.matmul, others)
            output_weights = output_weights - output_weights.mean(axis=1, keepdims=True)
            sizes = np.linalg.norm(weights, axis=1) * np.linalg.norm(output_weights, axis=1)
            indices = np.sort(np.argsort(-sizes, kind="stable")[:n])
            output_weights = output_weights[indices]
            names = [f"unit {i}" for i in indices]
        if len(indices) < n_units:
            label += f"\n({len(indices)} of {n_units} units: those with the most weight)"
        options = {"output_weights": output_weights, "classes": network.classes_}
        display = cls(weights[indices].reshape(-1, *shape), names=names, label=label, **options)
        display.indices = indices
        return display.plot(**plot_options)


def _kernels(network: Any) -> list[NDArray[np.floating]]:
    """Return the weights of each layer of a fitted network."""
    if not hasattr(network, "coefs_") or not hasattr(network, "classes_"):
        check_is_fitted(network)
        raise ValueError(
            "HiddenUnitsDisplay only supports classifiers with the weights of their layers in "
            f"coefs_, such as SimpleMLPClassifier, got {network!r}."
        )
    kernels = [np.asarray(kernel) for kernel in network.coefs_]
    if kernels[-1].shape[1] == 1 and len(network.classes_) == 2:
        # MLPClassifier has one output for two classes: a weight for one is against the other.
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
        raise ValueError(
            f"X has {pixels.shape[1]} features, but the network was fitted to {n_features}."
        )
    return pixels.std(axis=0)
