"""`SimpleMLPClassifier`: its parameters and its methods."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state

from skmnist._activations import ACTIVATIONS
from skmnist._compat import (
    CallbackSupportMixin,
    FitTasks,
    _fit_context,
    fitted_attributes_html,
)
from skmnist._deferred import Deferred, DeferredParameter, needed
from skmnist._fitted import Fitted, FittedAttributes
from skmnist._inputs import (
    Features,
    check_classes,
    check_labels,
    check_rows,
    check_weights,
    scaled_weights,
    set_aside,
    with_class_weights,
)
from skmnist._network import Architecture, Samples, TrainedNetwork, predict_proba
from skmnist._parameters import (
    check_hidden_units,
    refuse_full_data_parameters,
    validate_parameters,
)
from skmnist._settings import OptimizerSettings
from skmnist._state import attributes_of, name_of_activation, plain_state
from skmnist._warnings import warn_caller

if TYPE_CHECKING:
    # Not at run time: TensorFlow is imported by the first fit.
    from skmnist.engine.callbacks import Callback
    from skmnist.engine.layers import Sequential
    from skmnist.engine.optimizers import Optimizer
    from skmnist.engine.training import EpochListener, FitResult


# How long the fit that begins in this thread has waited for TensorFlow's import.
_this_fit = threading.local()


class _TrainingData(NamedTuple):
    """Validated samples, and the network that they need."""

    samples: Samples
    # (n_samples,) float64, without the weights of classes.
    sample_weight: np.ndarray | None
    features: Features
    classes: np.ndarray
    is_one_hot: bool
    architecture: Architecture


class SimpleMLPClassifier(
    FittedAttributes, ClassifierMixin, CallbackSupportMixin, BaseEstimator
):
    """A small Keras network as a scikit-learn classifier.

    Without parameters it is the network of a beginner's tutorial on MNIST: Flatten,
    Dense(5, sigmoid), Dense(10, softmax), trained with Adam on the categorical
    cross-entropy for 5 epochs in batches of 32.

    Layers, losses and optimizers are Keras's own, built through scikeras. An epoch runs
    as one compiled program instead of Keras's loop over batches.

    Parameters
    ----------
    hidden_units : int or sequence of int, default=5
        Number of units of the hidden layer, or of each of several hidden layers. An
        empty sequence means none: softmax regression.
    activation : str or callable, default="sigmoid"
        Activation of the hidden layers: the name of one in `keras.activations`, or a
        function of a tensor.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        The name of one in `keras.optimizers`, in lower case, or an instance. An
        instance is copied, never modified.
    learning_rate : float, default=0.001
        Learning rate of an optimizer that is given by its name. An instance has its
        own.
    l2 : float, default=0.0
        Strength of the L2 regularization: this times the sum of the squared kernels,
        biases aside, is added to the loss of each batch, as Keras does it.
    dropout : float, default=0.0
        Fraction of the units of each hidden layer that are left out, at random, in each
        training step. At least 0, less than 1.
    epochs : int, default=5
        Number of passes over the training samples.
    batch_size : int, default=32
        Number of samples in one step of the optimizer. The last step of an epoch takes
        what is left.
    shuffle : bool, default=True
        Whether each epoch takes the samples in an order of its own.
    early_stopping : bool, default=False
        Whether to stop before `epochs` when the accuracy on validation samples no
        longer improves, and to restore the weights of the best epoch. The validation
        samples are `X_val` and `y_val` if they are given to `fit`, or are set aside
        from the training samples: stratified by class, or with a warning if there are
        too few samples for that.
    validation_fraction : float, default=0.1
        Fraction of the training samples to set aside for `early_stopping`.
    n_iter_no_change : int, default=10
        Number of epochs in a row without improvement that `early_stopping` tolerates.
        With ``np.inf`` it never stops, and goes back to the best epoch at the end.
    tol : float, default=1e-4
        By how much the accuracy must exceed the best one to count as an improvement for
        `early_stopping`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, ``{label: weight}``. Classes may be left out, with the
        weight 1, or labels given that are not in `y`, but not both. "balanced" is
        ``n_samples / (n_classes * np.bincount(y))``. They multiply `sample_weight`.
    warm_start : bool, default=False
        Whether `fit` continues where the last `fit` or `partial_fit` ended, with its
        weights, optimizer state and history. `hidden_units` and `activation` must be
        the same as then; an `optimizer` of another kind starts without state.
    callbacks : keras.callbacks.Callback, sequence of such, or None, default=None
        Keras callbacks. `fit` calls these instances, as Keras does; scikit-learn's
        `clone`, and so each fit of a search or of cross-validation, copies them.
        Callbacks with hooks for batches make training slower: each batch is then run on
        its own.
    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the order of the samples and the dropout. The same
        int gives bitwise the same network on the same machine, as long as TensorFlow
        computes in the same way: switches such as TF_DETERMINISTIC_OPS, and the number
        of its threads, can change the last digits. NumPy's, Python's and TensorFlow's
        global generators are neither read nor changed, also for None.
    verbose : int, default=0
        0 prints nothing; 1 shows a progress bar and at most twenty lines; 2 prints one
        line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted, of the type that was given; for one-hot labels, the numbers
        of the columns.
    n_features_in_ : int
        Number of features of a sample: of pixels, for images.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features; only after fitting a data frame whose columns have names.
    n_iter_ : int
        Number of epochs that the network has been trained for.
    history_ : dict of str to list of float
        For each epoch "loss", the mean over the batches of the epoch as they came by,
        regularization included, and "accuracy", and with validation data "val_loss" and
        "val_accuracy", computed at the end of the epoch and weighted by
        `sample_weight_val`. All lists have the length `n_iter_`, with NaN for epochs
        without such a metric.
    loss_curve_ : list of float
        ``history_["loss"]``.
    loss_ : float or None
        Last value of `loss_curve_`; None if the first epoch was interrupted.
    best_loss_ : float or None
        Lowest value of `loss_curve_`; None if `early_stopping` is True.
    validation_scores_ : list of float or None
        The accuracy on the validation samples after each epoch of the last `fit`, if
        `early_stopping` is True.
    best_validation_score_ : float or None
        The accuracy of the weights that were kept: the highest of `validation_scores_`,
        or that of the weights that a warm start began with.
    fit_times_ : dict of float
        Seconds that the last call of `fit` or `partial_fit` took for "import", of
        TensorFlow, which the first fit in a process waits for; "trace" and "compile",
        of a program that later fits share; and "train", for the rest. Not in copies and
        files, which are the same for the same network.
    callbacks_ : list of keras.callbacks.Callback
        The callbacks of the last fit: the instances in `callbacks`.
    coefs_ : list of ndarray
        Kernel of each layer, float32, of shape (units of the layer before, units).
    intercepts_ : list of ndarray
        Bias of each layer, float32, of shape (units,).
    image_shape_ : tuple of (height, width) or None
        Shape of the images of the fit; None after a fit to rows.
    n_layers_ : int
        Number of layers, input and output counted.
    n_outputs_ : int
        Number of units of the last layer: one for each class, also for two classes.
    out_activation_ : str
        "softmax".
    model_ : keras.Sequential
        The network as a compiled Keras model. It is built on first access, from copies
        of the weights and the optimizer's state: training or changing it does not
        change the classifier.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : scikit-learn's own.

    Notes
    -----
    The loss of a batch is divided by the sum of its weights, as in scikit-learn, where
    Keras divides by the number of samples: a weight of 2 means the sample twice.

    Ctrl-C ends a fit with a warning; the classifier is fitted with what it has learnt.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skmnist import SimpleMLPClassifier, load_mnist
    >>> (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    >>> digits = make_pipeline(
    ...     MinMaxScaler(),
    ...     SimpleMLPClassifier(hidden_units=32, learning_rate=0.01, random_state=0),
    ... )
    >>> digits.fit(X_train, y_train).score(X_test, y_test) > 0.88
    True
    """

    # The Keras model, and the fit that it was built of.
    _model: tuple[Fitted, Sequential] | None = None

    if not TYPE_CHECKING:
        # They may be objects of Keras's, which a loaded one makes when they are needed.
        activation = DeferredParameter()
        optimizer = DeferredParameter()
        callbacks = DeferredParameter()

    def __init__(
        self,
        hidden_units: int | Sequence[int] = 5,
        *,
        activation: str | Callable = "sigmoid",
        optimizer: str | Optimizer = "adam",
        learning_rate: float = 0.001,
        l2: float = 0.0,
        dropout: float = 0.0,
        epochs: int = 5,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
        callbacks: Callback | Sequence[Callback] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_units = hidden_units
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.l2 = l2
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> SimpleMLPClassifier:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of \
(n_samples, height, width)
            Training samples: any numbers. uint8 is used as it is, anything else as
            float32.
        y : array-like of shape (n_samples,), or one-hot of shape (n_samples, n_classes)
            Labels: numbers, text or truth values. Or rows of a single 1 and else 0,
            whose columns are the classes; predictions then come back in the same form.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the training samples; None for 1. A weight of 0 leaves a sample
            out.
        X_val : array-like or sparse matrix of the shape of `X`, default=None
            Samples to compute "val_loss" and "val_accuracy" on after each epoch. In a
            `Pipeline`, ``transform_input=["X_val"]`` transforms them as it transforms
            `X`.
        y_val : array-like of the form of `y`, default=None
            Labels of `X_val`, all of which must be in `y`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the validation samples; None for 1.

        Returns
        -------
        SimpleMLPClassifier
            This estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument can't be used; the message says which and why.
        """
        import_seconds = _waited_for_import()
        tasks = FitTasks(self, X, y, sample_weight)
        tasks.begin()
        last = self._fitted if self.warm_start else None
        data = self._check_training_data(X, y, sample_weight, last)
        validation = self._check_validation_data(X_val, y_val, sample_weight_val, data)

        tasks.attributes_of = partial(self._attributes_during_fit, data)
        fitted = self._train(
            data,
            last,
            epochs=int(self.epochs),
            validation=validation,
            early_stopping=bool(self.early_stopping),
            listener=tasks.listener(),
            import_seconds=import_seconds,
        )
        self._fitted = fitted
        tasks.end(fitted.network.weights)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> SimpleMLPClassifier:
        """Train the network for one epoch on some of the samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of \
(n_samples, height, width)
            Training samples.
        y : array-like of shape (n_samples,), or one-hot of shape (n_samples, n_classes)
            Labels. Not every class needs to be among them.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come. Needed in the first call, optional
            afterwards and for one-hot labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None for 1.

        Returns
        -------
        SimpleMLPClassifier
            This estimator.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call or differs from the earlier ones,
            if `y` has other labels, or if anything else can't be used.
        """
        refuse_full_data_parameters(self.early_stopping, self.class_weight)
        import_seconds = _waited_for_import()
        last = self._fitted
        known = check_classes(classes, None if last is None else last.classes, y)
        data = self._check_training_data(X, y, sample_weight, last, classes=known)
        self._fitted = self._train(data, last, epochs=1, import_seconds=import_seconds)
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the label of each sample.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of \
(n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,), or (n_samples, n_classes) after a fit to one-hot
        labels
            The most probable of `classes_`, of the labels' own type; one-hot after
            one-hot labels, as int64.
        """
        fitted = self._last_fit()
        codes = self._probabilities(fitted, X).argmax(axis=1)
        if fitted.is_one_hot:
            return np.eye(len(fitted.classes), dtype=np.int64)[codes]
        return fitted.classes[codes]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of \
(n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Columns in the order of `classes_`, two of them for two classes; each row
            sums to 1.
        """
        return self._probabilities(self._last_fit(), X)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of \
(n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            ``np.log(predict_proba(X))``.
        """
        return np.log(self.predict_proba(X))

    @property
    def model_(self) -> Sequential:
        """The network as a compiled Keras model."""
        fitted = self._last_fit()
        built = self._model
        if built is None or built[0] is not fitted:
            from skmnist.engine.layers import trained_model
            from skmnist.engine.optimizers import make_optimizer

            optimizer = needed(fitted.settings.optimizer)
            made = make_optimizer(replace(fitted.settings, optimizer=optimizer))
            built = (fitted, trained_model(fitted.network, made))
            self._model = built
        return built[1]

    if TYPE_CHECKING:
        # scikit-learn, which ships no types, makes these methods.

        def score(
            self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
        ) -> float: ...

        def set_fit_request(
            self,
            *,
            X_val: bool | str | None = ...,
            sample_weight: bool | str | None = ...,
            sample_weight_val: bool | str | None = ...,
            y_val: bool | str | None = ...,
        ) -> SimpleMLPClassifier: ...

        def set_partial_fit_request(
            self,
            *,
            classes: bool | str | None = ...,
            sample_weight: bool | str | None = ...,
        ) -> SimpleMLPClassifier: ...

        def set_score_request(
            self, *, sample_weight: bool | str | None = ...
        ) -> SimpleMLPClassifier: ...

    def _probabilities(self, fitted: Fitted, X: ArrayLike) -> np.ndarray:
        """Compute class probabilities by one fit, also while other threads fit."""
        x, _ = check_rows(X, type(self).__name__, fitted.features)
        if not fitted.is_usable:
            raise ValueError(
                f"This {type(self).__name__} cannot predict: training diverged. "
                "Lower learning_rate, or scale the features, and fit again."
            )
        activate = _activation_in_numpy(fitted.architecture.activation)
        return predict_proba(fitted.network.weights, x, activate)

    def _check_training_data(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        last: Fitted | None,
        *,
        classes: np.ndarray | None = None,
    ) -> _TrainingData:
        """Validate what to train on; it must suit the fit that is to be continued, if
        any.

        `classes` may be missing among the labels; None for those in `y`.
        """
        owner = type(self).__name__
        x, features = check_rows(X, owner, None if last is None else last.features)
        labels = check_labels(
            y,
            x.shape[0],
            owner,
            classes=classes,
            is_one_hot=None if last is None else last.is_one_hot,
        )
        architecture = Architecture(
            input_shape=features.image_shape or (features.n_features,),
            hidden_units=check_hidden_units(self.hidden_units, owner),
            activation=name_of_activation(self.activation),
            n_classes=len(labels.classes),
            dropout=float(self.dropout),
            l2=float(self.l2),
        )
        if last is not None:
            _check_continuation(last, labels.classes, architecture)

        own_weights = check_weights(sample_weight, x.shape[0])
        weights = scaled_weights(
            with_class_weights(own_weights, labels, self.class_weight)
        )
        return _TrainingData(
            samples=Samples(x, labels.codes, weights),
            sample_weight=own_weights,
            features=features,
            classes=labels.classes,
            is_one_hot=labels.is_one_hot,
            architecture=architecture,
        )

    def _check_validation_data(
        self,
        X_val: Any,
        y_val: Any,
        sample_weight_val: ArrayLike | None,
        data: _TrainingData,
    ) -> Samples | None:
        values = {
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
        }
        given = [name for name, value in values.items() if value is not None]
        if not given:
            return None
        if given[:2] != ["X_val", "y_val"]:
            raise ValueError(
                f"fit needs X_val and y_val together, got only {' and '.join(given)}."
            )

        owner = type(self).__name__
        x, _ = check_rows(X_val, owner, data.features, name="X_val")
        labels = check_labels(
            y_val,
            x.shape[0],
            owner,
            classes=data.classes,
            is_one_hot=data.is_one_hot,
            name="y_val",
        )
        weights = check_weights(sample_weight_val, x.shape[0], name="sample_weight_val")
        return Samples(x, labels.codes, scaled_weights(weights))

    def _train(
        self,
        data: _TrainingData,
        last: Fitted | None,
        *,
        epochs: int,
        validation: Samples | None = None,
        early_stopping: bool = False,
        listener: EpochListener | None = None,
        import_seconds: float,
    ) -> Fitted:
        """Train the network, and return what has come of it."""
        from skmnist.engine.callbacks import check_callbacks
        from skmnist.engine.early_stopping import EarlyStopping
        from skmnist.engine.scikeras_model import train
        from skmnist.engine.training import TrainingTask

        # As they are now: other threads may set them while the network is trained.
        settings = self._optimizer_settings()
        callbacks = check_callbacks(self.callbacks)
        seed = self._new_seed() if last is None else last.network.seed

        rows = stopping = None
        if early_stopping:
            stopping = EarlyStopping(float(self.n_iter_no_change), float(self.tol))
            if validation is None:
                rows, validation = set_aside(
                    data.samples,
                    data.sample_weight,
                    float(self.validation_fraction),
                    seed,
                )

        task = TrainingTask(
            architecture=data.architecture,
            samples=data.samples,
            seed=seed,
            last=None if last is None else last.network,
            rows=rows,
            validation=validation,
            stopping=stopping,
            listener=listener,
        )
        result = train(
            task,
            settings=settings,
            batch_size=int(self.batch_size),
            epochs=epochs,
            shuffle=bool(self.shuffle),
            verbose=int(self.verbose),
            callbacks=callbacks,
        )
        _warn_of(result)
        fit_times = {"import": import_seconds, **result.seconds}
        return Fitted(
            network=result.network,
            features=data.features,
            classes=data.classes,
            is_one_hot=data.is_one_hot,
            is_usable=result.is_usable,
            settings=settings,
            callbacks=callbacks,
            validation_scores=None if stopping is None else stopping.scores,
            best_validation_score=None if stopping is None else stopping.best_score,
            fit_times=fit_times,
        )

    def _optimizer_settings(self) -> OptimizerSettings:
        # Keras takes Python's numbers only.
        return OptimizerSettings(
            self.optimizer, learning_rate=float(self.learning_rate)
        )

    def _new_seed(self) -> int:
        generator = self.random_state
        if generator is None:
            generator = np.random.RandomState()  # not NumPy's global one
        return int(check_random_state(generator).randint(2**31 - 1))

    def _attributes_during_fit(
        self, data: _TrainingData, weights: list[np.ndarray]
    ) -> dict[str, Any]:
        """Return the attributes that a copy of this with these weights predicts by."""
        network = TrainedNetwork(
            architecture=data.architecture,
            seed=0,
            weights=weights,
            optimizer_key="",
            optimizer_state=[],
            history={"loss": []},
        )
        fitted = Fitted(
            network=network,
            features=data.features,
            classes=data.classes,
            is_one_hot=data.is_one_hot,
            is_usable=True,
            settings=self._optimizer_settings(),
            callbacks=[],
        )
        return {"_fitted": fitted}

    def _validate_params(self) -> None:
        # scikit-learn reads the constraints from an attribute of the class. Those of
        # Keras's names are not known before Keras is imported, by the first fit.
        seconds = _import_engine()
        validate_parameters(self.get_params(deep=False), type(self).__name__)
        _this_fit.import_seconds = seconds

    def __sklearn_clone__(self) -> SimpleMLPClassifier:
        """Clone; optimizers are copied as by a fit, callbacks without their model."""
        original = object.__new__(type(self))
        original.__dict__.update(vars(self))
        if not isinstance(self.optimizer, str | Deferred):
            from skmnist.engine.optimizers import CopiedWhenCloned

            original.optimizer = CopiedWhenCloned(self.optimizer)
        if not isinstance(self.callbacks, Deferred | None):
            from skmnist.engine.callbacks import without_model

            original.callbacks = without_model(self.callbacks)
        return super(SimpleMLPClassifier, original).__sklearn_clone__()

    def __dir__(self) -> list[str]:
        """List the attributes that are there, without making what is Keras's."""
        of_keras = {"callbacks_", "model_"}
        own = vars(self)
        names = set(object.__dir__(self)) - of_keras
        available = [name for name in names if name in own or hasattr(self, name)]
        return [*available, *of_keras] if self._fitted is not None else available

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn should expect of this classifier."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = True
        # Five units and five epochs are the tutorial's, and an introduction, not a
        # good score.
        tags.classifier_tags.poor_score = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return plain_state(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state."""
        super().__setstate__(attributes_of(state, self))

    def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
        """List the fitted attributes but `model_`, which is built when it is read."""
        return fitted_attributes_html(self, doc_link, without="model_")


def _check_continuation(
    last: Fitted, classes: np.ndarray, architecture: Architecture
) -> None:
    """Raise ValueError if a fit can't go on with these classes and layers."""
    if not np.array_equal(classes, last.classes):
        raise ValueError(
            f"warm_start needs the classes of the last fit, {last.classes.tolist()}, "
            f"but y has {classes.tolist()}."
        )

    # Dropout and l2 may change in a warm start; the meaning of the weights may not.
    for name in ("hidden_units", "activation"):
        now, before = getattr(architecture, name), getattr(last.architecture, name)
        if now != before:
            raise ValueError(
                f"The network was fitted with {name}={before!r} and can't go on with "
                f"{now!r}. Set warm_start=False to start anew."
            )


def _activation_in_numpy(
    activation: str | Callable,
) -> Callable[[np.ndarray], np.ndarray]:
    if isinstance(activation, str):
        return ACTIVATIONS[activation]

    from skmnist.engine.layers import activation_in_numpy

    return activation_in_numpy(activation)


def _import_engine() -> float:
    """Import what trains, and return how many seconds that took."""
    start = time.perf_counter()
    import skmnist.engine.scikeras_model  # noqa: F401

    return time.perf_counter() - start


def _waited_for_import() -> float:
    """Return how long a fit has waited for the import, which is complete after this.

    Its parameters were validated before, or not: of a fitted classifier, scikit-learn
    does not validate them for `partial_fit`.
    """
    before = vars(_this_fit).pop("import_seconds", 0.0)
    return before + _import_engine()


def _warn_of(result: FitResult) -> None:
    """Warn if a fit was interrupted or has diverged."""
    n_epochs = len(result.network.history["loss"])
    if result.was_interrupted:
        warn_caller(
            f"Training was interrupted after {n_epochs} whole epochs. The classifier "
            "keeps what it has learnt so far. Press Ctrl-C twice to end a search.",
            UserWarning,
        )
    if result.has_diverged or not result.is_usable:
        outcome = "is that of its best epoch" if result.is_usable else "cannot predict"
        warn_caller(
            f"Training diverged: the loss of epoch {n_epochs} is not finite, and the "
            f"network {outcome}. Lower learning_rate, or that of the optimizer, or "
            "scale the features.",
            ConvergenceWarning,
        )
