"""`SimpleMLPClassifier`: its parameters and its methods."""

from __future__ import annotations

import skmnist._tensorflow  # noqa: F401  # before Keras, which imports TensorFlow too

# isort: split
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from skmnist._attributes import attributes_after, attributes_to_predict
from skmnist._callbacks import Callbacks, EpochTasks, check_callbacks, without_model
from skmnist._fitting import Training, architecture_of, run_training
from skmnist._inputs import check_rows, check_training_set, check_validation_data
from skmnist._labels import check_classes
from skmnist._parameters import PARAMETER_CONSTRAINTS, check_partial
from skmnist._state import attributes_of, plain_state
from skmnist.network.architecture import Architecture, trained_sequential
from skmnist.network.inference import predict_proba
from skmnist.network.optimizers import make_optimizer
from skmnist.network.threads import respect_thread_limit

# Here, since TensorFlow can't be told any more once it has made its first tensor.
respect_thread_limit()


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
        Activation of the hidden layers: the name of one in `keras.activations`, of one of
        Keras's layers "ELU", "LeakyReLU", "ReLU" and "Softmax", or a function of a tensor.

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
        the same way: its own switches, such as TF_DETERMINISTIC_OPS, change the last digits.
        NumPy's, Python's and TensorFlow's global generators are neither read nor changed, also
        for None.

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

    n_layers_ : int
        Number of layers, input and output counted.

    n_outputs_ : int
        Number of units of the last layer: one for each class, also for two classes.

    out_activation_ : str
        "softmax".

    model_ : keras.Sequential
        The network as a compiled Keras model. It is made when it is first asked for, of
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

    _parameter_constraints: ClassVar[dict] = PARAMETER_CONSTRAINTS

    classes_: np.ndarray
    history_: dict[str, list[float]]
    _architecture: Architecture
    _image_shape: tuple[int, int] | None
    _is_one_hot: bool
    _is_usable: bool
    _model: keras.Sequential | None
    _training: Training
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
        callbacks: Callbacks = None,
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
        data: dict[str, Any] = {"X": X, "y": y}
        if sample_weight is not None:
            data["metadata"] = {"sample_weight": sample_weight}
        context.call_on_fit_task_begin(estimator=self, **data)
        goes_on = self.warm_start and hasattr(self, "_training")
        training_set = check_training_set(
            self, X, y, sample_weight, classes=None, goes_on=goes_on, min_classes=2
        )
        architecture = architecture_of(self, training_set)
        classes = training_set.labels.classes
        if goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start needs the classes of the last fit, {self.classes_.tolist()}, "
                f"but y has {classes.tolist()}."
            )
        callbacks = check_callbacks(self.callbacks)
        listeners = []
        if getattr(self, "_skl_callbacks", None):
            attributes = partial(attributes_to_predict, self, architecture, training_set)
            listeners.append(EpochTasks(self, context, attributes, **data))
        outcome = run_training(
            self,
            architecture,
            training_set,
            last=self._training if goes_on else None,
            is_partial=False,
            validation_data=check_validation_data(training_set, X_val, y_val, sample_weight_val),
            callbacks=[*callbacks, *listeners],
        )
        self.__dict__ = attributes_after(self, outcome, training_set, callbacks)
        context.call_on_fit_task_end(
            estimator=self,
            **data,
            reconstruction_attributes=lambda: attributes_to_predict(
                self, architecture, training_set, self._weights
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
        goes_on = hasattr(self, "_training")
        training_set = check_training_set(
            self,
            X,
            y,
            sample_weight,
            classes=check_classes(classes, self.classes_ if goes_on else None, y),
            goes_on=goes_on,
            min_classes=1,
        )
        callbacks = check_callbacks(self.callbacks)
        outcome = run_training(
            self,
            architecture_of(self, training_set),
            training_set,
            last=self._training if goes_on else None,
            is_partial=True,
            validation_data=None,
            callbacks=callbacks,
        )
        self.__dict__ = attributes_after(self, outcome, training_set, callbacks)
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
        x, _ = check_rows(fitted, X, reset=False, image_shape=fitted._image_shape)
        if not fitted._is_usable:
            raise ValueError(
                f"This {type(self).__name__} can't predict: its training diverged. Lower "
                "learning_rate, or scale the features, and fit again."
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
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    @property
    def model_(self) -> keras.Sequential:
        """The network as a compiled Keras model."""
        fitted = self._snapshot()
        if fitted._model is None:
            # A copy that one of scikit-learn's callbacks gets during a fit has no state.
            state = fitted._training.state.optimizer_state if hasattr(fitted, "_training") else []
            optimizer = make_optimizer(fitted._optimizer, fitted._learning_rate)
            fitted._model = trained_sequential(
                fitted._architecture, fitted._weights, optimizer, state
            )
        return fitted._model

    def _snapshot(self) -> SimpleMLPClassifier:
        """Return this fitted estimator as it is now, whatever other threads fit meanwhile."""
        # A fit replaces the whole dict of attributes.
        snapshot = object.__new__(type(self))
        snapshot.__dict__ = self.__dict__
        check_is_fitted(snapshot)
        return snapshot

    def __sklearn_clone__(self) -> SimpleMLPClassifier:
        """Clone without the models that the last fit has left in the callbacks."""
        original = object.__new__(type(self))
        original.__dict__ = {**self.__dict__, "callbacks": without_model(self.callbacks)}
        return super(SimpleMLPClassifier, original).__sklearn_clone__()

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are weights to predict with."""
        return hasattr(self, "_weights")

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = True
        # Five units and five epochs are the article's, and an introduction, not a good score.
        tags.classifier_tags.poor_score = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Say all of it in plain values, for pickle and its likes."""
        return plain_state(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be what the plain values say."""
        super().__setstate__(attributes_of(state, self))
