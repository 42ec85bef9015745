"""Readers of a few lines that trust a file: for files that were found undamaged."""

import csv
import gzip
import re
import struct

import numpy as np
from formats import ROLES, idx_name

LABEL_NAMES = ("label", "class", "target", "digit", "y")


def read_idx_plainly(content):
    """The array of an undamaged IDX file, gzipped or not."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    n_dims = content[3]
    shape = struct.unpack(f">{n_dims}I", content[4 : 4 + 4 * n_dims])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape)


def read_csv_plainly(content):
    """The images and labels of an undamaged table."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    text = content.decode("utf-8-sig")
    first = re.split("[\r\n]", text.lstrip())[0]
    separator = next((mark for mark in "\t;|," if mark in first), " ")
    lines = [line for line in re.split("\r\n|\r|\n", text) if line.strip()]
    rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    label, pixels, size = 0, range(1, len(rows[0])), None
    if not any(re.fullmatch(r"[-+.\d]+", field.strip()) for field in rows[0]):
        names = [field.strip(" #'").lower() for field in rows.pop(0)]
        [label] = [i for i, name in enumerate(names) if name in LABEL_NAMES]
        pixels = [
            i
            for i in range(len(names))
            if i != label and names[i] not in ("", "id", "index")
        ]
        keys = [
            [int(number) for number in re.findall(r"\d+", names[i])] for i in pixels
        ]
        pixels = [i for _, i in sorted(zip(keys, pixels, strict=True))]
        size = re.fullmatch(r"(\d+)x(\d+)", names[pixels[-1]])
    table = np.array([[float(row[i]) for i in pixels] for row in rows])
    assert all(value.is_integer() for value in table.ravel())
    shape = (int(size[1]), int(size[2])) if size else (0, 0)
    if shape[0] * shape[1] != len(pixels):
        shape = (round(len(pixels) ** 0.5),) * 2
    return table.reshape(-1, *shape), [row[label].strip() for row in rows]


def read_plainly(kind, files, written):
    if kind.startswith(
        "npz"
    ):  # zip has checksums: nothing but what was written may come back
        return written
    if kind.startswith("csv"):
        names = [
            min(name for name in files if part in name) for part in ("train", "test")
        ]
        parts = [read_csv_plainly(files[name]) for name in names]
        labels = parts[0][1] + parts[1][1]
        kind = (
            float if all(re.fullmatch(r"[-+.\de]+", label) for label in labels) else str
        )
        return [
            array if array is images else [kind(label) for label in array]
            for images, y in parts
            for array in (images, y)
        ]
    return [
        read_idx_plainly(files.get(idx_name(r)) or files[f"{idx_name(r)}.gz"])
        for r in ROLES
    ]
