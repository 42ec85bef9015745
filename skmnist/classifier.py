"""`SimpleMLPClassifier`: its parameters, its methods, and what `fit` leaves behind."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skmnist._inputs import (
    Labels,
    Rows,
    check_classes,
    check_hidden_units,
    check_labels,
    check_rows,
    check_validation_data,
    check_weights,
    encode_labels,
)
from skmnist._scikeras import train_network
from skmnist.network.architecture import Architecture, activation_names, build_sequential
from skmnist.network.inference import predict_proba
from skmnist.network.optimizers import copy_optimizer, optimizer_names
from skmnist.network.progress import Progress
from skmnist.network.training import TrainingState, ValidationData


class SimpleMLPClassifier(ClassifierMixin, BaseEstimator):
    """A small Keras network as a scikit-learn classifier.

    Without parameters it is the network of a well-known beginner's article on MNIST:
    Flatten, Dense(5, sigmoid), Dense(10, softmax), trained with Adam on the categorical
    cross-entropy for 5 epochs in batches of 32.

    Layers, losses and optimizers are Keras's own, built through scikeras. An epoch runs as
    one compiled program instead of Keras's loop over batches.

    Parameters
    ----------
    hidden_units : int or sequence of int, default=5
        Number of units of the hidden layer, or of each of several hidden layers. An empty
        sequence means none: softmax regression.

    activation : str or callable, default="sigmoid"
        Activation of the hidden layers: the name of one in `keras.activations`, or a
        function of a tensor.

    optimizer : str or keras.optimizers.Optimizer, default="adam"
        The name of one in `keras.optimizers`, in lower case, or an instance. An instance is
        copied, never modified.

    learning_rate : float, default=0.001
        Learning rate of an optimizer that is given by its name. An instance has its own.

    l2 : float, default=0.0
        Strength of the L2 regularization: this times the sum of the squared kernels, biases
        aside, is added to the loss of each batch, as Keras does it.

    dropout : float, default=0.0
        Fraction of the units of each hidden layer that are left out, at random, in each
        training step. At least 0, less than 1.

    epochs : int, default=5
        Number of passes over the training samples.

    batch_size : int, default=32
        Number of samples in one step of the optimizer. The last step of an epoch takes what
        is left.

    shuffle : bool, default=True
        Whether each epoch takes the samples in an order of its own.

    early_stopping : bool, default=False
        Not available yet.

    validation_fraction : float, default=0.1
        Fraction of the training samples set aside for `early_stopping`.

    n_iter_no_change : int, default=10
        Number of epochs without improvement that `early_stopping` waits for.

    tol : float, default=1e-4
        What counts as an improvement for `early_stopping`.

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, ``{label: weight}``; labels that are left out weigh 1.
        "balanced" weighs each class by ``n_samples / (n_classes * np.bincount(y))``. They
        multiply `sample_weight`.

    warm_start : bool, default=False
        Whether `fit` goes on where the last `fit` or `partial_fit` ended, with the weights,
        the state of the optimizer and the history, rather than starting anew.

    callbacks : None, default=None
        Not available yet.

    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the order of the samples and the dropout. The same int
        gives bitwise the same network on the same machine. NumPy's, Python's and
        TensorFlow's global generators are neither read nor changed, also for None.

    verbose : int, default=0
        0 prints nothing; 1 shows a progress bar and at most twenty lines; 2 prints one line
        an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted, of the type that was given.

    n_features_in_ : int
        Number of features of a sample: of pixels, for images.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features; only after fitting a data frame whose columns have names.

    n_iter_ : int
        Number of epochs that the network has been trained for.

    history_ : dict of str to list of float
        For each epoch "loss", the mean over the batches of the epoch as they came by,
        regularization included, and "accuracy", and with validation data "val_loss" and
        "val_accuracy", computed at the end of the epoch.

    loss_curve_ : list of float
        ``history_["loss"]``.

    coefs_ : list of ndarray
        Kernel of each layer, float32, of shape (units of the layer before, units).

    intercepts_ : list of ndarray
        Bias of each layer, float32, of shape (units,).

    n_layers_ : int
        Number of layers, input and output counted.

    n_outputs_ : int
        Number of units of the last layer: one for each class, also for two classes.

    out_activation_ : str
        "softmax".

    model_ : keras.Sequential
        The network as a compiled Keras model. It is made when it is first asked for, of
        copies of the weights: training or changing it does not change the classifier.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : scikit-learn's own.

    Notes
    -----
    The loss of a batch is divided by the sum of its weights, as in scikit-learn, where Keras
    divides by the number of samples: a weight of 2 means the sample twice.

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

    _parameter_constraints: ClassVar[dict] = {
        "hidden_units": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "activation": [StrOptions(set(activation_names())), callable],
        "optimizer": [StrOptions(set(optimizer_names())), keras.optimizers.Optimizer],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "l2": [Interval(Real, 0, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    classes_: np.ndarray
    history_: dict[str, list[float]]
    _architecture: Architecture
    _image_shape: tuple[int, int] | None
    _model: keras.Sequential | None
    _seed: int
    _state: TrainingState

    def __init__(
        self,
        hidden_units: int | Sequence[int] = 5,
        *,
        activation: str | Callable = "sigmoid",
        optimizer: str | keras.optimizers.Optimizer = "adam",
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
        callbacks: None = None,
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
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Training samples: any numbers. uint8 is used as it is, anything else as float32.

        y : array-like of shape (n_samples,)
            Labels: numbers, text or truth values.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the training samples; None for 1. A weight of 0 leaves a sample out.

        X_val : array-like of shape (n_val, n_features) or (n_val, height, width), default=None
            Samples to compute "val_loss" and "val_accuracy" on after each epoch. In a
            `Pipeline`, ``transform_input=["X_val"]`` transforms them as it transforms `X`.

        y_val : array-like of shape (n_val,), default=None
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
        self._refuse_unavailable()
        goes_on = self.warm_start and hasattr(self, "_state")
        x, image_shape = self._check_training_rows(X, goes_on)
        labels = encode_labels(check_labels(self, y, len(x)))
        if goes_on and not np.array_equal(labels.classes, self.classes_):
            raise ValueError(
                "warm_start needs the classes of the last fit, "
                f"{self.classes_.tolist()}, but y has {labels.classes.tolist()}."
            )
        self._train(
            x,
            labels,
            weights=check_weights(sample_weight, x, labels, self.class_weight, min_classes=2),
            image_shape=image_shape,
            is_partial=False,
            goes_on=goes_on,
            validation_data=check_validation_data(
                self, X_val, y_val, sample_weight_val, labels.classes, image_shape
            ),
        )
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
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Training samples.

        y : array-like of shape (n_samples,)
            Labels. Not every class needs to be among them.

        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come. Needed in the first call, optional afterwards.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None for 1.

        Returns
        -------
        SimpleMLPClassifier
            This estimator.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call or differs from the earlier ones, if
            `y` has other labels, or if anything else can't be used.
        """
        self._refuse_unavailable()
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all samples at once. For partial_fit, give the '
                "weights as a dict {label: weight}."
            )
        goes_on = hasattr(self, "_state")
        known_classes = check_classes(classes, self.classes_ if goes_on else None)
        x, image_shape = self._check_training_rows(X, goes_on)
        labels = encode_labels(check_labels(self, y, len(x)), known_classes)
        self._train(
            x,
            labels,
            weights=check_weights(sample_weight, x, labels, self.class_weight),
            image_shape=image_shape,
            is_partial=True,
            goes_on=goes_on,
        )
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the label of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            The most probable of `classes_`, of the labels' own type.
        """
        codes = self.predict_proba(X).argmax(axis=1)
        return self.classes_[codes]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Columns in the order of `classes_`, two of them for two classes; each row sums
            to 1.
        """
        check_is_fitted(self)
        x, _ = check_rows(self, X, reset=False, image_shape=self._image_shape)
        return predict_proba(self._architecture, self._state.weights, x)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            ``np.log(predict_proba(X))``.
        """
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    @property
    def model_(self) -> keras.Sequential:
        """The network as a compiled Keras model."""
        check_is_fitted(self)
        if self._model is None:
            model = build_sequential(self._architecture)
            model.set_weights(self._state.weights)
            optimizer = (
                keras.optimizers.get(self.optimizer)
                if isinstance(self.optimizer, str)
                else copy_optimizer(self.optimizer)
            )
            model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
            self._model = model
        return self._model

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are weights to predict with."""
        return hasattr(self, "_state")

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # Five units and five epochs are the article's, and an introduction, not a good score.
        tags.classifier_tags.poor_score = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made again when it is needed."""
        return {**super().__getstate__(), "_model": None}

    def _check_training_rows(self, X: ArrayLike, goes_on: bool) -> Rows:
        hidden_units = check_hidden_units(self.hidden_units)
        if not goes_on:
            return check_rows(self, X, reset=True)
        if hidden_units != self._architecture.hidden_units:
            raise ValueError(
                f"The network was fitted with hidden_units={self._architecture.hidden_units} "
                f"and can't go on with {hidden_units}."
            )
        x, _ = check_rows(self, X, reset=False, image_shape=self._image_shape)
        return Rows(x, self._image_shape)

    def _architecture_for(
        self, image_shape: tuple[int, int] | None, classes: np.ndarray
    ) -> Architecture:
        return Architecture(
            input_shape=image_shape or (self.n_features_in_,),
            hidden_units=check_hidden_units(self.hidden_units),
            activation=self.activation,
            n_classes=len(classes),
            dropout=float(self.dropout),
            l2=float(self.l2),
        )

    def _refuse_unavailable(self) -> None:
        if self.early_stopping:
            raise NotImplementedError(
                "early_stopping=True is not available yet. Pass X_val and y_val to fit, and "
                "choose epochs by history_['val_loss']."
            )
        if self.callbacks:
            raise NotImplementedError("callbacks are not available yet. Use callbacks=None.")

    def _new_seed(self) -> int:
        # None asks for any numbers, and NumPy's global generator is somebody else's.
        generator = np.random.RandomState() if self.random_state is None else self.random_state
        return int(check_random_state(generator).randint(2**31 - 1))

    def _train(
        self,
        x: np.ndarray,
        labels: Labels,
        *,
        weights: np.ndarray | None,
        image_shape: tuple[int, int] | None,
        is_partial: bool,
        goes_on: bool,
        validation_data: ValidationData | None = None,
    ) -> None:
        """Train, and only then change what the estimator was fitted to."""
        if goes_on:
            architecture, seed, state = self._architecture, self._seed, self._state
            history = self.history_
        else:
            architecture = self._architecture_for(image_shape, labels.classes)
            seed, state = self._new_seed(), None
            history = {}
        epochs = 1 if is_partial else self.epochs
        first_epoch = len(history.get("loss", ()))
        progress = (
            Progress(first_epoch, first_epoch + epochs, len(x), verbose=int(self.verbose))
            if self.verbose
            else nullcontext()
        )
        with progress as shown:
            network, history = train_network(
                architecture,
                x,
                labels.codes,
                optimizer=self.optimizer,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
                shuffle=self.shuffle,
                seed=seed,
                epochs=epochs,
                history=history,
                is_partial=is_partial,
                state=state,
                row_weights=weights,
                validation_data=validation_data,
                progress=shown,
            )
        self.classes_ = labels.classes
        self._architecture = architecture
        self._image_shape = image_shape
        self._seed = seed
        self._state = network.state
        self._model = None
        self.history_ = history
        self.loss_curve_ = history["loss"]
        self.n_iter_ = len(self.loss_curve_)
        self.coefs_ = network.state.weights[::2]
        self.intercepts_ = network.state.weights[1::2]
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = architecture.n_classes
        self.out_activation_ = "softmax"
        if network.was_interrupted:
            warnings.warn(
                f"Training was interrupted after {self.n_iter_} whole epochs. The classifier "
                "keeps what it has learnt so far.",
                UserWarning,
                stacklevel=4,
            )
