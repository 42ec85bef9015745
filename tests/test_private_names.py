"""All private names of other packages that this package uses, and where.

A package may move or drop a private name in any release. The tests here name what has
moved and the module to mend. What the names compute is tested elsewhere, in
test_mathematics.py and test_compat.py for the most part.
"""

import ast
import inspect
import pkgutil
import re
from contextlib import suppress
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path

import keras
import pytest
import skops.io
from sklearn import config_context
from sklearn.metrics import get_scorer
from sklearn.preprocessing import MinMaxScaler

import skmnist
from skmnist import SimpleMLPClassifier, _compat
from skmnist.engine.stateless import stateless_class
from skmnist.persistence._trusted import entries_of
from tests.helpers import is_before

# By the module that uses them, each by a path to the module or class that has it. Of
# what is in a private module, any name is private.
NAMES = {
    "skmnist._compat": [
        "sklearn.base.BaseEstimator._get_fitted_attr_html",
        "sklearn.base.BaseEstimator._metadata_request",
        "sklearn.base.BaseEstimator._validate_params",
        "sklearn.base._fit_context",
        "sklearn.callback.CallbackSupportMixin._init_callback_context",
        "sklearn.callback.CallbackSupportMixin._skl_callbacks",
        "sklearn.metrics._scorer._Scorer._score_func",
        "sklearn.utils._param_validation.Interval",
        "sklearn.utils._param_validation.InvalidParameterError",
        "sklearn.utils._param_validation.Options",
        "sklearn.utils._param_validation.StrOptions",
        "sklearn.utils._param_validation.validate_parameter_constraints",
        "sklearn.utils._param_validation.validate_params",
        "sklearn.utils._safe_indexing",
        "sklearn.utils.metadata_routing.MetadataRequest._serialize",
        "sklearn.utils.validation._check_sample_weight",
        "sklearn.utils.validation._check_y",
        "sklearn.utils.validation._num_samples",
        *_compat.PARTS_OF_ESTIMATORS,
    ],
    # Methods that scikit-learn calls, and that the classifier overrides.
    "skmnist.classifier": [
        "sklearn.base.BaseEstimator._get_fitted_attr_html",
        "sklearn.base.BaseEstimator._validate_params",
    ],
    "skmnist.engine.keras_internals": [
        "keras.Model._compile_loss",
        "keras.Model._initial_epoch",
        "keras.callbacks.TensorBoard._writers",
        "keras.optimizers.Optimizer._distribution_strategy",
        "keras.optimizers.Optimizer._exclude_from_weight_decay",
        "keras.optimizers.Optimizer._exclude_from_weight_decay_cache",
        "keras.optimizers.Optimizer._iterations",
        "keras.optimizers.Optimizer._learning_rate",
        "keras.optimizers.Optimizer._lock",
        "keras.optimizers.Optimizer._self_*",
        "keras.optimizers.Optimizer._tracker",
        "keras.optimizers.Optimizer._trainable_variables",
        "keras.optimizers.Optimizer._trainable_variables_indices",
        "keras.optimizers.Optimizer._variables",
    ],
    "skmnist.engine.runtime": [
        "tensorflow.python.eager.context.Context.clear_kernel_cache",
        "tensorflow.python.eager.context.context",
        "tensorflow.python.eager.context.function_executor_type",
        "threading.Thread._target",
    ],
    "skmnist.engine.stateless": [
        "keras.optimizers.Optimizer._accumulated_gradients",
        "keras.optimizers.Optimizer._all_reduce_sum_gradients",
        "keras.optimizers.Optimizer._apply_weight_decay",
        "keras.optimizers.Optimizer._backend_apply_gradients",
        "keras.optimizers.Optimizer._backend_update_step",
        "keras.optimizers.Optimizer._clip_gradients",
        "keras.optimizers.Optimizer._distributed_tf_update_step",
        "keras.optimizers.Optimizer._iterations",
        "keras.optimizers.Optimizer._model_variables_moving_average",
        "keras.optimizers.Optimizer._overwrite_model_variables_with_average_value",
        "keras.optimizers.Optimizer._trainable_variables",
        "keras.optimizers.Optimizer._update_model_variables_moving_average",
        "keras.optimizers.Optimizer._use_weight_decay",
        "keras.optimizers.Optimizer._var_key",
    ],
    # Kinds of entries in files, by which skops finds what reads them.
    "skmnist.persistence._trusted": [
        "skops.io._general.ConstructorFromReduceNode",
        "skops.io._general.DictNode",
        "skops.io._general.FunctionNode",
        "skops.io._general.ObjectNode",
        "skops.io._general.TypeNode",
        "skops.io._numpy.DTypeNode",
        "skops.io._scipy.SparseMatrixNode",
    ],
}

PACKAGES = {
    "keras": "Keras",
    "sklearn": "scikit-learn",
    "skops": "skops",
    "tensorflow": "TensorFlow",
    "threading": "Python",
}

# What earlier versions of scikit-learn lack. Nothing that needs it exists in them.
SINCE = {
    "_TemperatureScaling": (1, 8),
    "_get_fitted_attr_html": (1, 9),
    "_init_callback_context": (1, 9),
    "_skl_callbacks": (1, 9),
}

# Names with an underscore that are ours, or that their documentation describes.
NO_PRIVATE_NAMES_OF_OTHERS = {
    "_exit",  # of os
    "_getframe",  # of sys
    "_replace",  # of named tuples
    "_last_fit",  # of FittedAttributes
    "_made",  # of Deferred, set in its __dict__
    "_saved_with",  # a key in files
}

FOLDER = Path(skmnist.__file__).parent
PRIVATE = r"_[A-Za-z]\w*"
PATH_OF_OTHERS = re.compile(
    rf"({'|'.join(PACKAGES)})(\.\w+)*\.({PRIVATE}|python|src)\b"
)


def built_optimizer():
    optimizer = keras.optimizers.Adam(
        weight_decay=0.1, use_ema=True, gradient_accumulation_steps=2
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build([keras.Variable([1.0], name="kernel")])
    return optimizer


def classifier_with_requests():
    with config_context(enable_metadata_routing=True):
        return SimpleMLPClassifier().set_fit_request(sample_weight=True)


def classifier_with_callbacks():
    from sklearn.callback import ProgressBar

    return SimpleMLPClassifier().set_callbacks(ProgressBar())


# Instances of classes whose attributes are set on the instance.
EXAMPLES = {
    "keras.Model": lambda: keras.Sequential([keras.Input((2,))]),
    "keras.callbacks.TensorBoard": keras.callbacks.TensorBoard,
    "keras.optimizers.Optimizer": built_optimizer,
    "sklearn.base.BaseEstimator": classifier_with_requests,
    "sklearn.callback.CallbackSupportMixin": classifier_with_callbacks,
    "sklearn.metrics._scorer._Scorer": lambda: get_scorer("accuracy"),
    "threading.Thread": lambda: import_module("threading").Thread(target=print),
}


def holder_of(full_name):
    """The module, class or instance that has a name, and the name there."""
    path, _, name = full_name.rpartition(".")
    if path in EXAMPLES:
        return EXAMPLES[path](), name
    try:
        return import_module(path), name
    except ModuleNotFoundError:
        module, _, class_name = path.rpartition(".")
        return getattr(import_module(module), class_name), name


USES = [(module, name) for module, names in NAMES.items() for name in names]


@pytest.mark.parametrize(
    ("module", "full_name"), USES, ids=[f"{module}-{name}" for module, name in USES]
)
def test_the_name_is_there(module, full_name):
    last = full_name.rpartition(".")[2]
    if last in SINCE and is_before("scikit-learn", *SINCE[last]):
        pytest.skip("needs scikit-learn {}.{}".format(*SINCE[last]))

    package = PACKAGES[full_name.partition(".")[0]]
    moved = f"{package} has moved {full_name}: {module} uses it"
    try:
        holder, name = holder_of(full_name)
    except (AttributeError, ImportError):
        pytest.fail(moved)
    if not any(fnmatchcase(found, name) for found in dir(holder)):
        pytest.fail(moved)


def test_keras_names_what_an_optimizer_keeps_after_the_weight():
    weight = keras.Variable([1.0], name="kernel")
    optimizer = keras.optimizers.Adam()
    optimizer.build([weight])
    names = {variable.path.split("/")[-1] for variable in optimizer.variables}
    if not {"kernel_momentum", "kernel_velocity"} <= names:
        pytest.fail(
            "Keras has other names of an optimizer's variables: "
            "skmnist.engine.keras_internals uses them"
        )


def test_skops_describes_entries_of_files_as_before():
    entry = ("ObjectNode", "sklearn.preprocessing._data.MinMaxScaler")
    if entry not in entries_of(skops.io.dumps(MinMaxScaler())):
        pytest.fail(
            "skops describes entries of files otherwise: "
            "skmnist.persistence._trusted reads them"
        )


def is_listed(name, module):
    """Whether a path, or the last name of one, is in the table for this module."""
    listed = NAMES.get(module, [])
    if "." in name:
        return any(f"{full}.".startswith(f"{name}.") for full in listed)
    return any(fnmatchcase(name, full.rpartition(".")[2]) for full in listed)


def modules_of_package():
    for path in sorted(FOLDER.rglob("*.py")):
        parts = path.relative_to(FOLDER.parent).with_suffix("").parts
        yield ".".join(parts), ast.parse(path.read_text(encoding="utf-8"))


def names_defined(tree):
    """Names of functions and classes, of arguments and variables, and set on self."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def names_used(tree):
    """Private attributes and paths in a module, and whether they are those of self."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=receiver, attr=name) if is_private(name):
                is_own = isinstance(receiver, ast.Name) and receiver.id in (
                    "self",
                    "cls",
                )
                yield name, is_own
            case ast.Constant(value=str(text)) if is_private(text):
                yield text, True
            case ast.Constant(value=str(text)) if PATH_OF_OTHERS.match(text):
                yield text, False
            case ast.Import(names=aliases):
                paths = [alias.name for alias in aliases]
                yield from ((p, False) for p in paths if PATH_OF_OTHERS.match(p))
            case ast.ImportFrom(module=str(module), names=aliases):
                paths = [f"{module}.{alias.name}" for alias in aliases]
                yield from ((p, False) for p in paths if PATH_OF_OTHERS.match(p))


def is_private(name):
    """Whether this is a name with an underscore, or of one of skops's entries."""
    return re.fullmatch(rf"{PRIVATE}|[A-Z]\w+Node", name) is not None


def test_all_are_listed():
    trees = dict(modules_of_package())
    # Keys in files of earlier versions of this package, which are ours.
    del trees["skmnist._old_state"]

    ours = {path.stem for path in FOLDER.rglob("_*")} | NO_PRIVATE_NAMES_OF_OTHERS
    for tree in trees.values():
        ours.update(names_defined(tree))

    unlisted = []
    for module, tree in trees.items():
        own = set(names_defined(tree)) | NO_PRIVATE_NAMES_OF_OTHERS
        for name, may_be_inherited in names_used(tree):
            known = ours if may_be_inherited else own
            if name not in known and not is_listed(name, module):
                unlisted.append(f"{module} uses {name}")
    assert not unlisted, "not in NAMES: " + ", ".join(unlisted)


def test_all_that_are_listed_are_used():
    trees = dict(modules_of_package())
    unused = []
    for module, full_name in USES:
        words = set(re.findall(r"\w+", ast.unparse(trees[module])))
        last = full_name.rpartition(".")[2].removesuffix("*")
        if last not in words:
            unused.append(f"{module} does not use {full_name}")
    assert not unused, "no longer for NAMES: " + ", ".join(unused)


def classes_of_package():
    """All classes, and one of those that the engine makes when a fit needs them."""
    for info in pkgutil.walk_packages([str(FOLDER)], "skmnist."):
        module = import_module(info.name)
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                yield value
    yield stateless_class(keras.optimizers.Adam)


def is_ours(base):
    return base.__module__.partition(".")[0] == "skmnist"


def bases_of_others(cls):
    python = ("abc", "builtins", "enum", "typing")
    return [b for b in cls.__mro__ if not is_ours(b) and b.__module__ not in python]


def names_set_by(cls):
    """Private names that the body of a class defines, or its methods set."""
    names = set(vars(cls))
    with suppress(OSError):  # classes made by a function have no source
        names.update(re.findall(r"self\.(\w+)\b.* = ", inspect.getsource(cls)))
    return {name for name in names if re.fullmatch(PRIVATE, name)}


def test_no_method_or_attribute_hides_an_unlisted_one_of_a_base_class():
    pairs = {
        (own, base)
        for cls in classes_of_package()
        for own in filter(is_ours, cls.__mro__)
        for base in bases_of_others(cls)
    }

    hidden = []
    for own, base in pairs:
        source = inspect.getsource(base)
        for name in names_set_by(own):
            is_of_base = re.search(
                rf"(self\.|def |^    ){name}\b", source, re.MULTILINE
            )
            if is_of_base and not is_listed(name, own.__module__):
                hidden.append(f"{own.__module__} overrides {base.__name__}.{name}")
    assert not hidden, "not in NAMES: " + ", ".join(sorted(hidden))
