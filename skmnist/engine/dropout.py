"""Dropout whose masks do not depend on how a program runs.

TensorFlow's stateless random numbers differ between XLA and its own kernels, so a fit
with a callback that changes nothing would train another network than the fit without.
"""

from __future__ import annotations

import keras
import tensorflow as tf


class PortableDropout(keras.layers.Dropout):
    """A Dropout layer whose masks are made of integers: the same everywhere."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Apply the layer."""
        if not training or self.rate == 0:
            return inputs

        seed = tf.cast(self.seed_generator.next(), tf.uint32)
        is_kept = random_bits(seed, tf.shape(inputs)) >= round(self.rate * 2**32)
        return tf.where(is_kept, inputs / (1.0 - self.rate), 0.0)


def random_bits(seed: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """Draw 32 random bits for each place of an array, from it and two numbers.

    This is pcg3d of Jarzynski and Olano, "Hash functions for GPU rendering", Journal of
    Computer Graphics Techniques 9(3), 2020; the first of its three numbers.
    """
    places = tf.reshape(tf.range(tf.reduce_prod(shape)), shape)
    x, y, z = (
        value * tf.constant(1664525, tf.uint32) + tf.constant(1013904223, tf.uint32)
        for value in (tf.cast(places, tf.uint32), seed[0], seed[1])
    )
    x += y * z
    y += z * x
    z += x * y
    x, y, z = (
        tf.bitwise.bitwise_xor(v, tf.bitwise.right_shift(v, 16)) for v in (x, y, z)
    )
    return x + y * z
