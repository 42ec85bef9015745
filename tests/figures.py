"""What is to be seen of a display."""

import numpy as np


def captions(display):
    return [text.get_text() for text in display.captions_]


def pixels(display):
    return np.array([image.get_array() for image in display.images_])


def drawn(figure):
    """The colours of all pixels of the figure, from 0 to 255."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def legend(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def visible_texts(figure):
    """The texts of a drawn figure by their boxes, without ticks beyond the ends of an axis."""
    figure.draw_without_rendering()
    legends = [legend for part in figure.subfigs for legend in part.legends]
    texts = [text for legend in legends for text in legend.get_texts()]
    axes = [*figure.axes, *(inset for ax in figure.axes for inset in ax.child_axes)]
    for ax in axes:
        texts += [ax.title, *ax.texts]
        for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            texts += [axis.label, *(tick.label1 for tick in ticks if tick.label1.get_visible())]
    # The boxes of slanted texts overlap where their letters do not.
    texts = [text for text in texts if text.get_text().strip() and text.get_rotation() in (0, 90)]
    return [(text.get_text(), text.get_window_extent()) for text in texts]


def faults(figure):
    """The texts of a figure that lie on others or outside the figure."""
    texts = visible_texts(figure)
    assert len(texts) > 1
    outer = figure.bbox.padded(1)
    found = [
        text for text, box in texts if not (outer.contains(*box.min) and outer.contains(*box.max))
    ]
    for i, (text, box) in enumerate(texts):
        shrunk = box.padded(-1)
        found += [
            (text, other) for other, near in texts[i + 1 :] if shrunk.overlaps(near.padded(-1))
        ]
    return found
