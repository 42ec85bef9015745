"""What a fit makes: one frozen record, and the attributes that are read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import NotFittedError

from skmnist._deferred import Deferred, needed
from skmnist._inputs import Features
from skmnist._network import Architecture, TrainedNetwork
from skmnist._settings import OptimizerSettings

if TYPE_CHECKING:
    # Not at run time: TensorFlow is imported by the first fit.
    from skmnist.engine.callbacks import Callback


@dataclass(frozen=True)
class Fitted:
    """All that a classifier predicts by, continues from and shows of its last fit."""

    network: TrainedNetwork
    features: Features
    classes: np.ndarray  # (n_classes,), sorted, of the labels' own type
    is_one_hot: bool  # whether the labels came as rows, with a column for each class
    is_usable: bool  # whether training left weights that can predict
    # As they were: the parameters may be set to something else at any time.
    settings: OptimizerSettings
    callbacks: list[Callback] | Deferred
    validation_scores: list[float] | None = None  # with early stopping
    best_validation_score: float | None = None
    # Seconds of its parts. Not in files, which are the same for the same network.
    fit_times: dict[str, float] | None = None

    @property
    def architecture(self) -> Architecture:
        """The layers of the network."""
        return self.network.architecture

    @property
    def losses(self) -> list[float]:
        """The loss of each epoch."""
        return self.network.history["loss"]


class FittedAttributes:
    """The fitted attributes of `SimpleMLPClassifier`, which describes them.

    Each is read from the `Fitted` in ``_fitted``, which a fit replaces as a whole:
    other threads see all of the fit before or all of this one. `model_` is the
    classifier's own.
    """

    _fitted: Fitted | None = None

    def _last_fit(self) -> Fitted:
        """Return what the last fit has made, or raise NotFittedError."""
        if self._fitted is None:
            # An AttributeError too, as `hasattr` expects.
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' "
                "with appropriate arguments before using this estimator."
            )
        return self._fitted

    @property
    def classes_(self) -> np.ndarray:
        """The labels, sorted."""
        return self._last_fit().classes

    @property
    def n_features_in_(self) -> int:
        """Number of features of a sample."""
        return self._last_fit().features.n_features

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the features, after a fit to a data frame."""
        names = self._last_fit().features.names
        if names is None:
            raise AttributeError(
                f"This {type(self).__name__} was fitted to data without names of "
                "features."
            )
        return names

    @property
    def image_shape_(self) -> tuple[int, int] | None:
        """Height and width of the images of the fit; None after a fit to rows."""
        return self._last_fit().features.image_shape

    @property
    def history_(self) -> dict[str, list[float]]:
        """The metrics of each epoch."""
        return self._last_fit().network.history

    @property
    def n_iter_(self) -> int:
        """Number of epochs that the network has been trained for."""
        return len(self._last_fit().losses)

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch."""
        return self._last_fit().losses

    @property
    def loss_(self) -> float | None:
        """Last value of `loss_curve_`."""
        losses = self._last_fit().losses
        return losses[-1] if losses else None

    @property
    def best_loss_(self) -> float | None:
        """Lowest value of `loss_curve_`; None with early stopping."""
        fitted = self._last_fit()
        if fitted.validation_scores is not None:
            return None
        return min(fitted.losses, default=None)

    @property
    def validation_scores_(self) -> list[float] | None:
        """Accuracy on the validation samples after each epoch, with early stopping."""
        return self._last_fit().validation_scores

    @property
    def best_validation_score_(self) -> float | None:
        """The accuracy of the weights that were kept, with early stopping."""
        return self._last_fit().best_validation_score

    @property
    def fit_times_(self) -> dict[str, float]:
        """Seconds that the parts of the last fit took."""
        fit_times = self._last_fit().fit_times
        if fit_times is None:
            raise AttributeError(
                f"This {type(self).__name__} is a copy or from a file, which do not "
                "keep fit_times_: they would differ for equal classifiers."
            )
        return fit_times

    @property
    def callbacks_(self) -> list[Callback]:
        """The callbacks of the last fit."""
        return needed(self._last_fit().callbacks)

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Kernel of each layer."""
        return self._last_fit().network.weights[::2]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Bias of each layer."""
        return self._last_fit().network.weights[1::2]

    @property
    def n_layers_(self) -> int:
        """Number of layers, input and output counted."""
        return len(self._last_fit().architecture.hidden_units) + 2

    @property
    def n_outputs_(self) -> int:
        """Number of units of the last layer."""
        return self._last_fit().architecture.n_classes

    @property
    def out_activation_(self) -> str:
        """Activation of the last layer."""
        self._last_fit()
        return "softmax"

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are weights to predict with."""
        return self._fitted is not None
