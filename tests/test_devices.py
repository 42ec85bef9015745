"""Fits run on the processor, whatever other devices TensorFlow has."""

import pytest
import tensorflow as tf

from skmnist import SimpleMLPClassifier
from tests.processes import run_python

# Without soft placement, an operation that is not bound to the processor fails where
# the device around it is missing, as XLA fails on devices that it has no compiler for.
FIT_INSIDE_OTHER_DEVICES = """
import json
import numpy as np
import tensorflow as tf

processor, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    processor, [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
)
tf.config.set_soft_device_placement(False)

import keras
from skmnist import SimpleMLPClassifier
from skmnist.engine import blocks

class Device(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        devices.add(self.model.layers[1].kernel.value.device)

rng = np.random.default_rng(0)
X, y = rng.normal(size=(2000, 9)).astype(np.float32), rng.integers(3, size=2000)
devices = set()
for resident in (blocks.MAX_RESIDENT_BYTES, 0):
    blocks.MAX_RESIDENT_BYTES = resident
    for batch_size in (2, 200):  # compiled, and operation by operation
        for device in ("CPU:1", "GPU:0"):
            with tf.device(device):
                classifier = SimpleMLPClassifier(
                    4, activation=keras.ops.tanh, dropout=0.1, batch_size=batch_size,
                    callbacks=Device(), random_state=0,
                )
                classifier.fit(X, y, X_val=X, y_val=y).partial_fit(X, y).predict(X)
print(json.dumps(sorted(devices)))
"""


@pytest.mark.slow
def test_nothing_runs_on_another_device():
    (device,) = run_python(FIT_INSIDE_OTHER_DEVICES)
    assert device.endswith("CPU:0")


@pytest.mark.skipif(not tf.config.list_physical_devices("GPU"), reason="needs a GPU")
def test_no_memory_of_a_gpu_is_used(digits):
    tf.config.experimental.reset_memory_stats("GPU:0")
    SimpleMLPClassifier().fit(digits.X, digits.y)
    assert tf.config.experimental.get_memory_info("GPU:0")["peak"] < 2**20
