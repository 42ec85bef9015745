"""What is to be seen of a display."""

import numpy as np


def captions(display):
    return [ax.get_title() for ax in display.axes_]


def pixels(display):
    return np.array([image.get_array() for image in display.images_])


def drawn(figure):
    """The colours of all pixels of the figure, from 0 to 255."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]
