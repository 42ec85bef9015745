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


def inside(box, outer):
    """Whether a box lies in another, but for a pixel."""
    outer = outer.padded(1)
    return outer.contains(*box.min) and outer.contains(*box.max)


def overlapping(boxes):
    return [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.overlaps(b)]


def tick_boxes(axis):
    """The boxes of the tick labels that are drawn; matplotlib also makes some beyond the ends."""
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [tick.label1.get_window_extent() for tick in ticks if tick.label1.get_text()]


def hidden_by_legend(ax):
    """The points, stars and error bars on which the legend lies."""
    box = ax.get_legend().get_window_extent()
    points = [line.get_transform().transform(line.get_xydata()) for line in ax.lines]
    spans = []
    for drawn_at_once in ax.collections:
        points.append(drawn_at_once.get_offset_transform().transform(drawn_at_once.get_offsets()))
        if hasattr(drawn_at_once, "get_segments"):  # error bars
            spans += [ax.transData.transform_path(path) for path in drawn_at_once.get_paths()]
    hidden = [tuple(point) for one in points for point in one if box.contains(*point)]
    return hidden + [span for span in spans if span.intersects_bbox(box)]
