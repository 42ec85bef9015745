"""A grid of images with their labels, predictions and probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.utils import _safe_indexing, check_array
from sklearn.utils.validation import _num_samples, check_consistent_length

from skmnist.display._checks import checked_column, checked_count
from skmnist.display._colors import ink_on
from skmnist.display._image_grid import (
    caption_inches,
    caption_points,
    draw_image,
    image_inches,
)
from skmnist.display._images import as_images
from skmnist.display._panels import divide
from skmnist.display._predictions import (
    checked_probabilities,
    differing,
    probabilities_of,
    single_labels,
    worst_first_order,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure

IMAGE_INCHES = 1.25


class DigitsDisplay:
    """Images in a grid, each with what it is and what a classifier took it for.

    A wrong prediction stands out by a thick coloured frame and by the word "wrong" in its caption,
    so that it is found without colours too. The digits are drawn like ink on the figure's
    background: dark on a light one, light on a dark one.

    It is recommended to use :meth:`from_estimator`, :meth:`from_predictions` or
    :meth:`from_images`, which also choose what to show.

    The parameters are attributes too, by the same names.

    Parameters
    ----------
    images : array-like of shape (n_images, height, width)
        The images, of any numeric dtype. One gray scale serves them all.
    labels : array-like of shape (n_images,), default=None
        What the images are.
    predictions : array-like of shape (n_images,), default=None
        What a classifier took them for.
    probabilities : array-like of shape (n_images,), default=None
        The probability, between 0 and 1, that the classifier gave to its prediction.
    indices : array-like of shape (n_images,), default=None
        Where in the data the images come from. None means ``0, 1, …``.

    Attributes
    ----------
    wrong : ndarray of shape (n_images,), dtype=bool
        Which predictions differ from the label. All False without labels or predictions.
    axes_ : ndarray of shape (n_images,), dtype=object
        The matplotlib Axes of each image. Set by :meth:`plot`, as are the following.
    images_ : ndarray of shape (n_images,), dtype=object
        The matplotlib AxesImage of each image.
    ax_ : matplotlib Axes
        The invisible axes around the grid.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If `images` is not a numeric array of three dimensions, contains NaN or infinity or
        nothing at all, if lengths differ, if labels and predictions cannot be compared, or if a
        probability is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmnist import DigitsDisplay
    >>> images = np.zeros((2, 28, 28), dtype=np.uint8)
    >>> display = DigitsDisplay(images, labels=[7, 1], predictions=[7, 4], probabilities=[0.9, 0.6])
    >>> for ax in display.plot().axes_:
    ...     print(ax.get_title())
    predicted 7, 90%
    predicted 4, 60%
    wrong, true label 1
    """

    def __init__(
        self,
        images: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        predictions: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        indices: ArrayLike | None = None,
    ) -> None:
        self.images: NDArray[Any] = check_array(images, allow_nd=True, input_name="images")
        if self.images.ndim != 3:
            raise ValueError(
                "images must have the shape (n_images, height, width), got an array of shape "
                f"{self.images.shape}. DigitsDisplay.from_images takes rows of pixels too."
            )
        n_images = len(self.images)
        check_consistent_length(images, labels, predictions, probabilities, indices)
        self.labels = single_labels(labels, "labels")
        self.predictions = single_labels(predictions, "predictions")
        self.probabilities = checked_probabilities(probabilities)
        self.indices = (
            np.arange(n_images) if indices is None else checked_column(indices, "indices")
        )
        self.wrong = differing(self.labels, self.predictions, n_images)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        n_columns: int = 5,
        cmap: str | Colormap | None = None,
        wrong_color: str = "tab:red",
    ) -> DigitsDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes whose place the grid takes. None makes a new figure.
        n_columns : int, default=5
            How many images stand side by side.
        cmap : str or matplotlib Colormap, default=None
            The colours of the pixels. None draws ink on paper: "gray_r" on a light background,
            "gray" on a dark one.
        wrong_color : str, default="tab:red"
            The colour of the frame and the caption of a wrong prediction.

        Returns
        -------
        display : DigitsDisplay
            This display, with `axes_`, `images_`, `ax_` and `figure_` set.

        Raises
        ------
        ValueError
            If `n_columns` is not a positive int, or if `ax` is no Axes, or one without a
            place in a grid.
        """
        n_images = len(self.images)
        n_columns = min(checked_count(n_columns, "n_columns"), n_images)
        captions = [self._caption(position) for position in range(n_images)]
        figsize = self._figure_size(captions, n_columns)
        self.ax_, panels = divide(ax, n_images, n_columns, figsize=figsize, spacing=(0.3, 0.6))
        self.figure_: Figure | SubFigure = self.ax_.figure
        self.axes_ = np.array(panels, dtype=object)
        points = caption_points(captions, n_columns, ax)
        # One scale for all: a faint digit looks fainter than the others, as it is.
        low, high = min(0, self.images.min()), self.images.max()
        cmap = cmap or ink_on(self.ax_)
        images = [
            draw_image(panel, image, caption, points, cmap=cmap, vmin=low, vmax=high)
            for panel, image, caption in zip(panels, self.images, captions, strict=True)
        ]
        self.images_ = np.array(images, dtype=object)
        for panel in self.axes_[self.wrong]:
            panel.title.set(color=wrong_color, fontweight="bold")
            panel.spines[:].set(edgecolor=wrong_color, linewidth=3, alpha=1)
        return self

    def _caption(self, position: int) -> str:
        label = "" if self.labels is None else str(self.labels[position])
        if self.predictions is None:
            return label
        caption = f"predicted {self.predictions[position]}"
        if self.probabilities is not None:
            caption += f", {_percent(self.probabilities[position])}"
        return f"{caption}\nwrong, true label {label}" if self.wrong[position] else caption

    def _figure_size(self, captions: list[str], n_columns: int) -> tuple[float, float]:
        """Return width and height in inches of a new figure in which the captions have room."""
        n_rows = -(-len(captions) // n_columns)
        image_width, image_height = image_inches(self.images, IMAGE_INCHES)
        caption_width, caption_height = caption_inches(captions)
        width = n_columns * (max(image_width, caption_width) + 0.1)
        return width, n_rows * (image_height + caption_height + 0.15) + 0.05

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        image_shape: tuple[int, int] | None = None,
        n: int = 10,
        worst_first: bool = False,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> DigitsDisplay:
        """Show images with the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : estimator instance
            A fitted classifier, a Pipeline that ends with one, or a fitted search for one. If it
            has `predict_proba`, the probabilities are shown.
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            The images as `estimator` takes them. What is drawn is `X` itself, not what the steps
            of a Pipeline make of it.
        y : array-like of shape (n_samples,), default=None
            The true labels. Without them nothing is wrong.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes it from `X`; rows of features make square images.
        n : int, default=10
            How many images to show at most.
        worst_first : bool, default=False
            If True, the wrong predictions come first, led by the most confident of them, followed
            by the right ones, led by the least confident. If False, the first images of `X` are
            shown, and only they are predicted.
        ax : matplotlib Axes, default=None
            The axes whose place the grid takes. None makes a new figure.
        **plot_options
            `n_columns`, `cmap` and `wrong_color`, for :meth:`plot`.

        Returns
        -------
        display : DigitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimator` is no classifier, if `worst_first` lacks labels or probabilities, if
            `X` does not hold images, or not those of `image_shape`, if `n` is not a positive int,
            and in the cases of the constructor and of :meth:`plot`.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.

        Examples
        --------
        >>> from skmnist import DigitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.naive_bayes import GaussianNB
        >>> X, y = load_digits(return_X_y=True)
        >>> bayes = GaussianNB().fit(X, y)
        >>> display = DigitsDisplay.from_estimator(bayes, X, y, n=3, worst_first=True)
        >>> display.wrong
        array([ True,  True,  True])
        """
        if not is_classifier(estimator):
            raise ValueError(
                f"{cls.__name__}.from_estimator only supports classifiers, got {estimator!r}."
            )
        check_consistent_length(X, y)
        if not worst_first:
            # Even a slow classifier need not predict what nobody will see.
            first = np.arange(min(checked_count(n, "n"), _num_samples(X)))
            X = _safe_indexing(X, first)
            y = None if y is None else _safe_indexing(y, first)
        predictions = single_labels(estimator.predict(X), "What estimator.predict returns")
        return cls.from_predictions(
            X,
            y,
            predictions,
            probabilities=probabilities_of(predictions, estimator, X),
            image_shape=image_shape,
            n=n,
            worst_first=worst_first,
            ax=ax,
            **plot_options,
        )

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        *,
        probabilities: ArrayLike | None = None,
        image_shape: tuple[int, int] | None = None,
        n: int = 10,
        worst_first: bool = False,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> DigitsDisplay:
        """Show images with predictions made before, for example in a cross-validation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            The images.
        y_true : array-like of shape (n_samples,) or None
            The true labels. Without them nothing is wrong.
        y_pred : array-like of shape (n_samples,)
            The predicted labels.
        probabilities : array-like of shape (n_samples,), default=None
            The probability of each predicted label.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes it from `X`; rows of features make square images.
        n : int, default=10
            How many images to show at most.
        worst_first : bool, default=False
            If True, the wrong predictions come first, led by the most confident of them, followed
            by the right ones, led by the least confident. If False, the first images of `X` are
            shown.
        ax : matplotlib Axes, default=None
            The axes whose place the grid takes. None makes a new figure.
        **plot_options
            `n_columns`, `cmap` and `wrong_color`, for :meth:`plot`.

        Returns
        -------
        display : DigitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `worst_first` lacks labels or probabilities, if `X` does not hold images, or not
            those of `image_shape`, if `n` is not a positive int, and in the cases of the
            constructor and of :meth:`plot`.

        Examples
        --------
        >>> from skmnist import DigitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.model_selection import cross_val_predict
        >>> from sklearn.naive_bayes import GaussianNB
        >>> X, y = load_digits(return_X_y=True)
        >>> y_pred = cross_val_predict(GaussianNB(), X, y)
        >>> display = DigitsDisplay.from_predictions(X, y, y_pred, n=3)
        >>> display.axes_[0].get_title()
        'predicted 0'
        """
        check_consistent_length(X, y_true, y_pred, probabilities)
        labels, predictions = single_labels(y_true, "y_true"), single_labels(y_pred, "y_pred")
        probabilities = checked_probabilities(probabilities)
        shown = (
            worst_first_order(labels, predictions, probabilities)
            if worst_first
            else np.arange(_num_samples(X))
        )
        shown = shown[: checked_count(n, "n")]
        display = cls(
            as_images(_safe_indexing(X, shown), image_shape),
            labels=None if labels is None else labels[shown],
            predictions=None if predictions is None else predictions[shown],
            probabilities=None if probabilities is None else probabilities[shown],
            indices=shown,
        )
        return display.plot(ax, **plot_options)

    @classmethod
    def from_images(
        cls,
        X: Any,
        y: ArrayLike | None = None,
        *,
        image_shape: tuple[int, int] | None = None,
        n: int = 10,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> DigitsDisplay:
        """Show the first images of the data, with their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            The images.
        y : array-like of shape (n_samples,), default=None
            The labels.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes it from `X`; rows of features make square images.
        n : int, default=10
            How many images to show at most.
        ax : matplotlib Axes, default=None
            The axes whose place the grid takes. None makes a new figure.
        **plot_options
            `n_columns` and `cmap`, for :meth:`plot`.

        Returns
        -------
        display : DigitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `X` does not hold images, or not those of `image_shape`, if `n` is not a positive
            int, and in the cases of the constructor and of :meth:`plot`.

        Examples
        --------
        >>> from skmnist import DigitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> display = DigitsDisplay.from_images(X, y, n=5)
        >>> [ax.get_title() for ax in display.axes_]
        ['0', '1', '2', '3', '4']
        """
        check_consistent_length(X, y)
        labels = single_labels(y, "y")
        shown = np.arange(min(checked_count(n, "n"), _num_samples(X)))
        images = as_images(_safe_indexing(X, shown), image_shape)
        display = cls(images, labels=None if labels is None else labels[shown], indices=shown)
        return display.plot(ax, **plot_options)


def _percent(probability: float) -> str:
    # A classifier that is nearly sure should not look infallible.
    return ">99%" if 0.995 <= probability < 1 else f"{probability:.0%}"
