"""What a display shows."""

from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np


def captions(display):
    return [text.get_text() for text in display.captions_]


def pixels(display):
    return np.array([image.get_array() for image in display.images_])


def drawn(figure):
    """The colours of all pixels of the figure, from 0 to 255."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def drawn_size(figure, bbox_inches=None):
    """Rows and columns from the first to the last pixel that is not white."""
    file = BytesIO()
    figure.savefig(file, bbox_inches=bbox_inches)
    file.seek(0)
    is_ink = (plt.imread(file)[..., :3] < 1).any(axis=2)
    return [np.ptp(np.flatnonzero(is_ink.any(axis=axis))) for axis in (1, 0)]


def legend(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def visible_texts(figure):
    """The texts of a drawn figure and their boxes, without ticks beyond an axis."""
    figure.draw_without_rendering()
    texts = []
    legends = [legend for part in (figure, *figure.subfigs) for legend in part.legends]
    legends += [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    for legend in legends:
        texts += legend.get_texts()
    insets = [inset for ax in figure.axes for inset in ax.child_axes]
    for ax in [*figure.axes, *insets]:
        texts += [ax.title, *ax.texts]
        if ax.axison:
            texts += axis_texts(ax.xaxis) + axis_texts(ax.yaxis)
    # The boxes of slanted texts overlap where their letters do not.
    texts = [
        text
        for text in texts
        if text.get_text().strip() and text.get_rotation() in (0, 90)
    ]
    return [(text.get_text(), text.get_window_extent()) for text in texts]


def axis_texts(axis):
    """The label of an axis and the labels of the ticks between its ends."""
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
    return [axis.label, *(label for label in labels if label.get_visible())]


def faults(figure):
    """The texts of a figure that lie on others or outside the figure."""
    texts = visible_texts(figure)
    assert texts
    outer = figure.bbox.padded(1)
    found = [
        text
        for text, box in texts
        if not (outer.contains(*box.min) and outer.contains(*box.max))
    ]
    for i, (text, box) in enumerate(texts):
        shrunk = box.padded(-1)
        found += [
            (text, other)
            for other, near in texts[i + 1 :]
            if shrunk.overlaps(near.padded(-1))
        ]
    return found
