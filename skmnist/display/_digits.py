"""A grid of images with their labels, predictions and probabilities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.utils import check_array, check_scalar, column_or_1d
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import check_consistent_length

from skmnist.display._colors import is_dark
from skmnist.display._image_grid import ImageGrid
from skmnist.display._inputs import check_image_shape, check_images
from skmnist.display._percent import as_percent


class DigitsDisplay(ImageGrid):
    """Images in a grid, each with its label and what a classifier predicted.

    A wrong prediction has a thick red frame, and the true label in the second line of
    its caption. The digits are drawn like ink on the figure's background: dark on a
    light one, light on a dark one.

    The ``from_…`` methods choose what to show. The parameters are attributes too.

    Parameters
    ----------
    images : array-like of shape (n_images, height, width)
        The images, of any numeric dtype. They share one gray scale.
    labels : array-like of shape (n_images,), default=None
        The true labels.
    predictions : array-like of shape (n_images,), default=None
        The predicted labels.
    probabilities : array-like of shape (n_images,), default=None
        The probability, between 0 and 1, that the classifier gave to its prediction.
    pairs : mapping of (label, prediction) to int, default=None
        How often a label was confused with a prediction in all of the data. If given,
        each pair has a row of its own, with those of the images that belong to it.

    Attributes
    ----------
    wrong : ndarray of shape (n_images,), dtype=bool
        Which predictions differ from the label. All False without labels or
        predictions.
    indices : ndarray of shape (n_images,), dtype=int
        The positions of the images in the data; set by the `from_…` methods.
    images_, captions_, frames_ : list of length n_images
        The matplotlib AxesImage of each image, the Text above it and the Rectangle
        around it. Set by :meth:`plot`, as are the following.
    ax_ : matplotlib Axes
        The axes of the grid. Its unit is the longer side of an image.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If `images` is not a numeric array of three dimensions, contains NaN or infinity
        or is empty, if lengths differ, if labels and predictions cannot be compared, or
        if a probability is not a number between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmnist import DigitsDisplay
    >>> images = np.zeros((2, 28, 28), dtype=np.uint8)
    >>> display = DigitsDisplay(
    ...     images, labels=[7, 1], predictions=[7, 4], probabilities=[0.9, 0.6]
    ... )
    >>> display
    DigitsDisplay(2 images, 1 wrong)
    >>> for caption in display.plot().captions_:
    ...     print(caption.get_text())
    7 (90%)
    4 (60%)
    true: 1
    """

    def __init__(
        self,
        images: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        predictions: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        pairs: Mapping[tuple[Any, Any], int] | None = None,
    ) -> None:
        self.images = self._pixels = check_images(images, "images")
        self.labels = _check_labels(labels)
        self.predictions = _check_labels(predictions)
        self.probabilities = _check_probabilities(probabilities)
        check_consistent_length(
            self.images,
            self.labels,
            self.predictions,
            self.probabilities,
        )
        self.pairs = pairs
        self.indices: NDArray[np.integer] = np.arange(len(self.images))

        self.wrong = np.zeros(len(self.images), dtype=bool)
        if labels is not None and predictions is not None:
            # Refuses a mix of strings and numbers.
            unique_labels(self.labels, self.predictions)
            self.wrong = self.labels != self.predictions

    def __repr__(self) -> str:
        text = f"{len(self.images)} images"
        if self.predictions is not None:
            text += f", {self.wrong.sum()} wrong"
        return f"{type(self).__name__}({text})"

    def _draw(self, cmap: Any) -> None:
        if cmap is None:
            cmap = "gray" if is_dark() else "gray_r"
        self._draw_grid(
            cells=self._cells_of_pairs(),
            headings=self._headings(),
            cmap=cmap,
            # One scale for all: a faint digit looks fainter than the others, as it is.
            vmin=min(0, self.images.min()),
            vmax=self.images.max(),
        )

        # With pairs, all of them are wrong.
        if self.pairs is None:
            self._mark_wrong()

    def _cells_of_pairs(self) -> NDArray[np.integer] | None:
        """Return row and column of each image, if each pair has a row."""
        if self.pairs is None:
            return None

        rows = {pair: row for row, pair in enumerate(self.pairs)}
        n_placed: Counter[Any] = Counter()
        cells = []
        for pair in self._label_pairs():
            cells.append((rows[pair], n_placed[pair]))
            n_placed[pair] += 1
        return np.array(cells)

    def _headings(self) -> list[str]:
        headings = []
        for (label, prediction), count in (self.pairs or {}).items():
            times = "time" if count == 1 else "times"
            headings.append(f"{label} read as {prediction}: {count} {times}")
        return headings

    def _mark_wrong(self) -> None:
        color = "#ff7b72" if is_dark() else "tab:red"
        for position in np.flatnonzero(self.wrong):
            caption, frame = self.captions_[position], self.frames_[position]
            width = float(caption.get_fontsize()) / 3.5
            caption.set(color=color, fontweight="bold")
            frame.set(edgecolor=color, linewidth=width, alpha=1)

    def _caption(self, position: int, *, is_short: bool = False) -> str:
        if self.predictions is None:
            return "" if self.labels is None else str(self.labels[position])

        percent = self._percent(position)
        if self.pairs is not None:
            return percent
        caption = str(self.predictions[position])
        if percent and not is_short:
            caption += f" ({percent})"
        if self.wrong[position]:
            caption += f"\ntrue: {self.labels[position]}"
        return caption

    def _percent(self, position: int) -> str:
        if self.probabilities is None:
            return ""
        return as_percent(self.probabilities[position])

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        **options: Any,
    ) -> DigitsDisplay:
        """Show images with the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : estimator instance
            A fitted classifier, a Pipeline that ends with one, or a fitted search for
            one. If it has `predict_proba`, the probabilities are shown.
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            The images as `estimator` takes them. They are drawn as given, not as the
            steps of a Pipeline transform them.
        y : array-like of shape (n_samples,), default=None
            The true labels. Without them no prediction is marked as wrong.
        **options
            `n`, `worst_first`, `worst_pairs`, `image_shape` and those of :meth:`plot`,
            as in :meth:`from_predictions`.

        Returns
        -------
        display : DigitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimator` is not a classifier, or in the cases of
            :meth:`from_predictions`.

        Examples
        --------
        >>> from skmnist import DigitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.naive_bayes import GaussianNB
        >>> X, y = load_digits(return_X_y=True)
        >>> bayes = GaussianNB().fit(X, y)
        >>> DigitsDisplay.from_estimator(bayes, X, y, worst_pairs=2).pairs
        {(2, 8): 49, (4, 7): 21}
        """
        if not is_classifier(estimator):
            raise ValueError(
                f"DigitsDisplay only supports classifiers, got {estimator!r}.",
            )

        predictions = _check_labels(estimator.predict(X))
        probabilities = None
        if hasattr(estimator, "predict_proba"):
            columns = np.searchsorted(estimator.classes_, predictions)
            of_classes = np.asarray(estimator.predict_proba(X))
            probabilities = of_classes[np.arange(len(columns)), columns]

        return cls.from_predictions(
            X,
            y,
            predictions,
            probabilities=probabilities,
            **options,
        )

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: ArrayLike | None,
        y_pred: ArrayLike | None,
        *,
        probabilities: ArrayLike | None = None,
        image_shape: tuple[int, int] | None = None,
        n: int = 10,
        worst_first: bool = False,
        worst_pairs: int | None = None,
        **plot_options: Any,
    ) -> DigitsDisplay:
        """Show images with predictions made before, for example in a cross-validation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            The images.
        y_true : array-like of shape (n_samples,) or None
            The true labels. Without them no prediction is marked as wrong.
        y_pred : array-like of shape (n_samples,)
            The predicted labels.
        probabilities : array-like of shape (n_samples,), default=None
            The probability of each predicted label.
        image_shape : tuple of (height, width), default=None
            The shape of an image. None takes it from `X`; rows of features make square
            images.
        n : int, default=10
            How many images to show at most; with `worst_pairs`, of each pair.
        worst_first : bool, default=False
            If True, the wrong predictions come first, led by the most confident of
            them, followed by the right ones, led by the least confident. If False, the
            first images of `X` are shown.
        worst_pairs : int, default=None
            If given, show so many of the most frequent confusions, such as "5 read as
            8", in a row each, led by the most confident mistake.
        **plot_options
            `ax`, `cmap` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : DigitsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `worst_first` lacks labels or probabilities, if `worst_pairs` lacks
            labels or all predictions are right, or if `X` does not hold images, or not
            those of `image_shape`.
        """
        check_scalar(n, "n", Integral, min_val=1)
        pixels = check_array(X, allow_nd=True, input_name="X")
        if image_shape is not None or pixels.ndim == 2:
            shape = check_image_shape(image_shape, pixels[0].size, "X")
            pixels = pixels.reshape(-1, *shape)
        data = cls(
            pixels,
            labels=y_true,
            predictions=y_pred,
            probabilities=probabilities,
        )

        pairs = None
        if worst_pairs is not None:
            check_scalar(worst_pairs, "worst_pairs", Integral, min_val=1)
            pairs, shown = data._worst_pairs(worst_pairs, n)
        elif worst_first:
            shown = data._worst_first()[:n]
        else:
            shown = data.indices[:n]

        display = cls(
            data.images[shown],
            labels=_of(data.labels, shown),
            predictions=_of(data.predictions, shown),
            probabilities=_of(data.probabilities, shown),
            pairs=pairs,
        )
        display.indices = shown
        return display.plot(**plot_options)

    def _worst_first(self) -> NDArray[np.integer]:
        """Order mistakes from the most confident one, then successes to the most so."""
        if self.labels is None or self.probabilities is None:
            raise ValueError(
                "worst_first=True needs the true labels and a classifier with "
                "predict_proba or, in from_predictions, probabilities."
            )
        order = np.where(self.wrong, -self.probabilities, self.probabilities)
        return np.argsort(order, kind="stable")

    def _label_pairs(self) -> list[tuple[Any, Any]]:
        return list(zip(self.labels.tolist(), self.predictions.tolist(), strict=True))

    def _worst_pairs(
        self,
        n_pairs: int,
        n: int,
    ) -> tuple[dict[Any, int], NDArray[np.integer]]:
        """Count the most frequent confusions, and find the most confident of each."""
        if not self.wrong.any():
            raise ValueError(
                "worst_pairs needs the true labels, and predictions that are wrong.",
            )

        wrong = np.flatnonzero(self.wrong)
        if self.probabilities is not None:
            wrong = wrong[np.argsort(-self.probabilities[wrong], kind="stable")]
        positions: dict[Any, list[Any]] = {}
        pairs = self._label_pairs()
        for position in wrong:
            positions.setdefault(pairs[position], []).append(position)

        counts = Counter({pair: len(found) for pair, found in positions.items()})
        worst = dict(counts.most_common(n_pairs))
        return worst, np.concatenate([positions[pair][:n] for pair in worst])

    @classmethod
    def from_images(
        cls,
        X: Any,
        y: ArrayLike | None = None,
        **options: Any,
    ) -> DigitsDisplay:
        """Show the first images of the data, with their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            The images.
        y : array-like of shape (n_samples,), default=None
            The labels.
        **options
            `n`, `image_shape` and those of :meth:`plot`, as in
            :meth:`from_predictions`.

        Returns
        -------
        display : DigitsDisplay
            The display, drawn.

        Examples
        --------
        >>> from skmnist import DigitsDisplay
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> display = DigitsDisplay.from_images(X, y, n=5)
        >>> [caption.get_text() for caption in display.captions_]
        ['0', '1', '2', '3', '4']
        """
        return cls.from_predictions(X, y, None, **options)


def _check_labels(labels: Any) -> Any:
    """Return labels as an array; one-hot rows become the numbers of their columns."""
    if labels is None:
        return None
    if type_of_target(labels) == "multilabel-indicator":
        return np.argmax(labels, axis=1)
    return column_or_1d(labels)


def _check_probabilities(probabilities: Any) -> Any:
    if probabilities is None:
        return None

    probabilities = column_or_1d(probabilities)
    # Sums of float32 probabilities exceed 1 in the last digits.
    is_valid = (probabilities >= 0) & (probabilities <= 1 + 1e-6)
    if not is_valid.all():
        position = int(np.argmin(is_valid))
        raise ValueError(
            "probabilities must be between 0 and 1, as predict_proba returns them, got "
            f"{probabilities[position]} at position {position}."
        )
    return probabilities


def _of(values: Any, shown: NDArray[np.integer]) -> Any:
    """Return the values of the images shown, if there are values."""
    if values is None:
        return None
    return values[shown]
