"""What trains: options and arrays in, a trained network out.

This is the only folder that imports TensorFlow, Keras and scikeras. It is imported by
the first fit, and by what only Keras computes.
"""

# Before anything else, since importing Keras imports TensorFlow too.
from skmnist.engine import runtime  # isort: skip
from skmnist.engine.memory import clear

__all__ = ["clear", "runtime"]
