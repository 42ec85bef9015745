"""`SimpleMLPClassifier`: its parameters and its methods."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skmnist._compat import CallbackSupportMixin, _fit_context, callbacks_of
from skmnist._inputs import (
    check_classes,
    check_labels,
    check_weights,
    flatten_images,
    rename_argument,
    row_dtypes,
    set_aside,
)
from skmnist._network import Architecture, RowMatrix, Samples, TrainedNetwork, predict_proba
from skmnist._parameters import check_hidden_units, check_partial, validate_parameters
from skmnist._state import attributes_of, plain_state

if TYPE_CHECKING:
    # Not at run time: TensorFlow is imported by the first fit.
    import keras

    from skmnist.engine.training import EpochListener


class SimpleMLPClassifier(ClassifierMixin, CallbackSupportMixin, BaseEstimator):
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
        Activation of the hidden layers: the name of one in `keras.activations`, or a function
        of a tensor.
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
        Whether to stop before `epochs` when the accuracy on validation samples no longer
        improves, and to restore the weights of the best epoch. The validation samples are
        `X_val` and `y_val` if they are given to `fit`, or are set aside from the training
        samples: stratified by class, or with a warning if there are too few samples for that.
    validation_fraction : float, default=0.1
        Fraction of the training samples to set aside for `early_stopping`.
    n_iter_no_change : int, default=10
        Number of epochs in a row without improvement that `early_stopping` tolerates. With
        ``np.inf`` it never stops, and goes back to the best epoch at the end.
    tol : float, default=1e-4
        By how much the accuracy must exceed the best one to count as an improvement for
        `early_stopping`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, ``{label: weight}``. Classes may be left out, with the weight 1,
        or labels given that are not in `y`, but not both. "balanced" is
        ``n_samples / (n_classes * np.bincount(y))``. They multiply `sample_weight`.
    warm_start : bool, default=False
        Whether `fit` continues where the last `fit` or `partial_fit` ended, with its weights,
        optimizer state and history. `hidden_units` and `activation` must be the same as then;
        an `optimizer` of another kind starts without state.
    callbacks : keras.callbacks.Callback, sequence of such, or None, default=None
        Keras callbacks. `fit` calls these instances, as Keras does; scikit-learn's `clone`, and
        so each fit of a search or of cross-validation, copies them. Callbacks with hooks for
        batches make training slower: each batch is then run on its own.
    random_state : int, RandomState instance or None, default=None
        Decides the initial weights, the order of the samples and the dropout. The same int
        gives bitwise the same network on the same machine, as long as TensorFlow computes in
        the same way: switches such as TF_DETERMINISTIC_OPS, and the number of its threads, can
        change the last digits. NumPy's, Python's and TensorFlow's global generators are neither
        read nor changed, also for None.
    verbose : int, default=0
        0 prints nothing; 1 shows a progress bar and at most twenty lines; 2 prints one line
        an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted, of the type that was given; for one-hot labels, the numbers of the
        columns.
    n_features_in_ : int
        Number of features of a sample: of pixels, for images.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features; only after fitting a data frame whose columns have names.
    n_iter_ : int
        Number of epochs that the network has been trained for.
    history_ : dict of str to list of float
        For each epoch "loss", the mean over the batches of the epoch as they came by,
        regularization included, and "accuracy", and with validation data "val_loss" and
        "val_accuracy", computed at the end of the epoch and weighted by `sample_weight_val`.
        All lists have the length `n_iter_`, with NaN for epochs without such a metric.
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
        The accuracy of the weights that were kept: the highest of `validation_scores_`, or that
        of the weights that a warm start began with.
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
        The network as a compiled Keras model. It is built on first access, from
        copies of the weights and the optimizer's state: training or changing it does not
        change the classifier.

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

    # What a fit sets beside the attributes that are assigned in `_train`.
    n_features_in_: int
    classes_: np.ndarray
    _architecture: Architecture
    _image_shape: tuple[int, int] | None
    _is_one_hot: bool
    _is_usable: bool
    _model: keras.Sequential | None
    _training: TrainedNetwork
    _weights: list[np.ndarray]

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
        callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None = None,
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
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of shape \
(n_samples, height, width)
            Training samples: any numbers. uint8 is used as it is, anything else as float32.
        y : array-like of shape (n_samples,), or one-hot of shape (n_samples, n_classes)
            Labels: numbers, text or truth values. Or rows of a single 1 and else 0, whose
            columns are the classes; predictions then come back in the same form.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the training samples; None for 1. A weight of 0 leaves a sample out.
        X_val : array-like or sparse matrix of the shape of `X`, default=None
            Samples to compute "val_loss" and "val_accuracy" on after each epoch. In a
            `Pipeline`, ``transform_input=["X_val"]`` transforms them as it transforms `X`.
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
        context = self._init_callback_context(max_subtasks=int(self.epochs))
        data: dict[str, Any] = {"estimator": self, "X": X, "y": y}
        if sample_weight is not None:
            data["metadata"] = {"sample_weight": sample_weight}
        context.call_on_fit_task_begin(**data)
        # A refused fit leaves no trace, and other threads can predict meanwhile: attributes are
        # set on a copy, which takes the place of this classifier's at once.
        fitted = self._copy()
        resume = self.warm_start and hasattr(self, "_training")
        samples = fitted._check_training_samples(X, y, sample_weight, resume=resume)
        validation = fitted._check_validation_samples(X_val, y_val, sample_weight_val)

        def task_arguments(weights: Callable[[], list[np.ndarray]]) -> dict[str, Any]:
            return {
                **data,
                # Called only if a callback needs the fitted estimator.
                "reconstruction_attributes": lambda: fitted._attributes_to_predict(weights()),
            }

        listener = None
        if callbacks_of(self):
            from skmnist.engine.training import EpochListener

            tasks: list[Any] = []

            def begin_epoch(weights: Callable[[], list[np.ndarray]]) -> None:
                tasks.append(context.subcontext(task_name="epoch"))
                tasks[-1].call_on_fit_task_begin(**task_arguments(weights))

            def end_epoch(weights: Callable[[], list[np.ndarray]]) -> bool:
                return tasks.pop().call_on_fit_task_end(**task_arguments(weights))

            listener = EpochListener(begin_epoch, end_epoch)
        fitted._train(samples, validation, resume=resume, listener=listener)
        self.__dict__ = fitted.__dict__
        context.call_on_fit_task_end(**task_arguments(lambda: self._weights))
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
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of shape \
(n_samples, height, width)
            Training samples.
        y : array-like of shape (n_samples,), or one-hot of shape (n_samples, n_classes)
            Labels. Not every class needs to be among them.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come. Needed in the first call, optional afterwards and
            for one-hot labels.
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
        check_partial(self.early_stopping, self.class_weight)
        fitted = self._copy()
        resume = hasattr(self, "_training")
        known = check_classes(classes, self.classes_ if resume else None, y)
        samples = fitted._check_training_samples(
            X, y, sample_weight, resume=resume, classes=known, min_classes=1
        )
        fitted._train(samples, None, resume=resume, is_partial=True)
        self.__dict__ = fitted.__dict__
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the label of each sample.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of shape \
(n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,), or (n_samples, n_classes) after a fit to one-hot labels
            The most probable of `classes_`, of the labels' own type; one-hot after one-hot
            labels, as int64.
        """
        fitted = self._snapshot()
        codes = fitted.predict_proba(X).argmax(axis=1)
        if fitted._is_one_hot:
            return np.eye(len(fitted.classes_), dtype=np.int64)[codes]
        return fitted.classes_[codes]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of shape \
(n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Columns in the order of `classes_`, two of them for two classes; each row sums
            to 1.
        """
        fitted = self._snapshot()
        x, _ = fitted._check_rows(X)
        if not fitted._is_usable:
            raise ValueError(
                f"This {type(self).__name__} can't predict: training diverged. "
                "Lower learning_rate, or scale the features, and fit again."
            )
        return predict_proba(fitted._architecture, fitted._weights, x)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Compute the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), or images of shape \
(n_samples, height, width)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            ``np.log(predict_proba(X))``.
        """
        return np.log(self.predict_proba(X))

    @property
    def model_(self) -> keras.Sequential:
        """The network as a compiled Keras model."""
        fitted = self._snapshot()
        if fitted._model is None:
            from skmnist.engine.layers import trained_model
            from skmnist.engine.optimizers import make_optimizer

            optimizer = make_optimizer(fitted._optimizer, float(fitted._learning_rate))
            # A copy that one of scikit-learn's callbacks gets during a fit has no state.
            network = getattr(fitted, "_training", None) or TrainedNetwork(
                fitted._architecture, 0, fitted._weights, "", [], {}
            )
            fitted._model = trained_model(network, optimizer)
        return fitted._model

    @property
    def image_shape_(self) -> tuple[int, int] | None:
        """Height and width of the images of the fit; None after a fit to rows."""
        return self._snapshot()._image_shape

    def _copy(self) -> SimpleMLPClassifier:
        """Return a classifier with the same attributes, to set other ones on."""
        copy = object.__new__(type(self))
        copy.__dict__ = {**self.__dict__}
        return copy

    def _snapshot(self) -> SimpleMLPClassifier:
        """Return this fitted estimator as it is now, whatever other threads fit meanwhile."""
        # A fit replaces the whole dict of attributes.
        snapshot = object.__new__(type(self))
        snapshot.__dict__ = self.__dict__
        check_is_fitted(snapshot)
        return snapshot

    def _check_rows(
        self, X: ArrayLike, *, reset: bool = False, name: str = "X"
    ) -> tuple[RowMatrix, tuple[int, int] | None]:
        """Validate samples; return them as rows, and the shape of the images if they were such."""
        X, images = flatten_images(X, name, None if reset else self._image_shape)
        with rename_argument(name, "X"):
            try:
                x = validate_data(
                    self, X, reset=reset, dtype=row_dtypes(X), order="C", accept_sparse="csr"
                )
            except ValueError as error:
                shape, n_features = np.shape(X), getattr(self, "n_features_in_", None)
                is_image = len(shape) == 2 and shape[1] != n_features == np.prod(shape)
                if reset or images or not is_image:
                    raise
                raise ValueError(
                    f"{error} A single image needs a first axis of length 1."
                ) from error
        return csr_array(x) if issparse(x) else x, images

    def _check_training_samples(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        resume: bool,
        classes: np.ndarray | None = None,
        min_classes: int = 2,
    ) -> Samples:
        """Validate what to train on, and set what predicting needs except the weights.

        `classes` may be missing among the labels; None for those in `y`. Samples of `min_classes`
        must have a weight above 0.
        """
        x, images = self._check_rows(X, reset=not resume)
        labels = check_labels(
            y, x.shape[0], classes=classes, is_one_hot=self._is_one_hot if resume else None
        )
        if resume and not np.array_equal(labels.classes, self.classes_):
            raise ValueError(
                f"warm_start needs the classes of the last fit, {self.classes_.tolist()}, "
                f"but y has {labels.classes.tolist()}."
            )
        if not resume:
            self._image_shape = images
        self.classes_ = labels.classes
        self._is_one_hot = labels.is_one_hot
        last = self._architecture if resume else None
        self._architecture = Architecture(
            input_shape=self._image_shape or (x.shape[1],),
            hidden_units=check_hidden_units(self.hidden_units),
            activation=self.activation,
            n_classes=len(labels.classes),
            dropout=float(self.dropout),
            l2=float(self.l2),
        )
        # Dropout and l2 may change in a warm start; the meaning of the weights may not.
        for name in ("hidden_units", "activation") if last is not None else ():
            now, before = getattr(self._architecture, name), getattr(last, name)
            if now != before:
                raise ValueError(
                    f"The network was fitted with {name}={before!r} and can't go on with {now!r}. "
                    "Set warm_start=False to start anew."
                )
        weights = check_weights(sample_weight, labels, self.class_weight, min_classes)
        return Samples(x, labels.codes, weights)

    def _check_validation_samples(
        self, X_val: Any, y_val: Any, sample_weight_val: ArrayLike | None
    ) -> Samples | None:
        values = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        given = [name for name, value in values.items() if value is not None]
        if not given:
            return None
        if given[:2] != ["X_val", "y_val"]:
            raise ValueError(f"fit needs X_val and y_val together, got only {' and '.join(given)}.")
        x, _ = self._check_rows(X_val, name="X_val")
        labels = check_labels(
            y_val, x.shape[0], classes=self.classes_, is_one_hot=self._is_one_hot, name="y_val"
        )
        weights = check_weights(sample_weight_val, labels, name="sample_weight_val")
        return Samples(x, labels.codes, weights)

    def _train(
        self,
        samples: Samples,
        validation: Samples | None,
        *,
        resume: bool,
        is_partial: bool = False,
        listener: EpochListener | None = None,
    ) -> None:
        """Train the network, and set the fitted attributes."""
        from skmnist.engine.callbacks import check_callbacks
        from skmnist.engine.scikeras_model import train
        from skmnist.engine.training import TrainingOptions

        callbacks = check_callbacks(self.callbacks)
        last = self._training if resume else None
        # Not NumPy's global generator, where random_state is None.
        generator = np.random.RandomState() if self.random_state is None else self.random_state
        seed = int(check_random_state(generator).randint(2**31 - 1)) if last is None else last.seed
        rows = None
        if self.early_stopping and validation is None:
            rows, validation = set_aside(samples, float(self.validation_fraction), seed)
        result = train(
            self._architecture,
            samples,
            # Keras takes Python's numbers only.
            TrainingOptions(
                optimizer=self.optimizer,
                learning_rate=float(self.learning_rate),
                batch_size=int(self.batch_size),
                shuffle=bool(self.shuffle),
                epochs=1 if is_partial else int(self.epochs),
                early_stopping=bool(self.early_stopping),
                n_iter_no_change=float(self.n_iter_no_change),
                tol=float(self.tol),
                verbose=int(self.verbose),
            ),
            seed=seed,
            last=last,
            rows=rows,
            validation=validation,
            is_partial=is_partial,
            callbacks=callbacks,
            listener=listener,
        )
        network, stopping = result.network, result.stopping
        losses = network.history.setdefault("loss", [])
        # The fourth level is the caller of fit, through scikit-learn's wrapper of it.
        if result.was_interrupted:
            warnings.warn(
                f"Training was interrupted after {len(losses)} whole epochs. The classifier keeps "
                "what it has learnt so far. Press Ctrl-C twice to end a search.",
                UserWarning,
                stacklevel=4,
            )
        if result.has_diverged or not result.is_usable:
            outcome = "is that of its best epoch" if result.is_usable else "cannot predict"
            warnings.warn(
                f"Training diverged: the loss of epoch {len(losses)} is not finite, and the "
                f"network {outcome}. Lower learning_rate, or that of the optimizer, or scale the "
                "features.",
                ConvergenceWarning,
                stacklevel=4,
            )
        self.__dict__ |= self._attributes_to_predict(network.weights)
        self._is_usable = result.is_usable
        self._training = network
        self.history_ = network.history
        self.loss_curve_ = losses
        self.loss_ = losses[-1] if losses else None
        self.n_iter_ = len(losses)
        self.callbacks_ = callbacks
        self.coefs_ = network.weights[::2]
        self.intercepts_ = network.weights[1::2]
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = network.architecture.n_classes
        self.out_activation_ = "softmax"
        self.validation_scores_ = None if stopping is None else stopping.scores
        self.best_validation_score_ = None if stopping is None else stopping.best_score
        self.best_loss_ = min(losses, default=None) if stopping is None else None

    def _attributes_to_predict(self, weights: list[np.ndarray]) -> dict[str, Any]:
        """Return the attributes that a classifier with these weights predicts by."""
        names = ["n_features_in_", "feature_names_in_", "classes_"]
        names += ["_architecture", "_image_shape", "_is_one_hot"]
        return {
            **{name: getattr(self, name) for name in names if hasattr(self, name)},
            "_model": None,
            # As they are now: the parameters may be set to something else at any time.
            "_optimizer": self.optimizer,
            "_learning_rate": self.learning_rate,
            "_is_usable": True,
            "_weights": weights,
        }

    def _validate_params(self) -> None:
        # scikit-learn reads the constraints from an attribute of the class. Those of Keras's names
        # are not known before Keras is imported, by the first fit.
        validate_parameters(self.get_params(deep=False), type(self).__name__)

    def __sklearn_clone__(self) -> SimpleMLPClassifier:
        """Clone without the models that the last fit has left in the callbacks."""
        original = self._copy()
        if self.callbacks is not None:
            from skmnist.engine.callbacks import without_model

            original.callbacks = without_model(self.callbacks)
        return super(SimpleMLPClassifier, original).__sklearn_clone__()

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are weights to predict with."""
        return hasattr(self, "_weights")

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn should expect of this classifier."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = True
        # Five units and five epochs are the article's, and an introduction, not a good score.
        tags.classifier_tags.poor_score = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return plain_state(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state."""
        super().__setstate__(attributes_of(state, self))
