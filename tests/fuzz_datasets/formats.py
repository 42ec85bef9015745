"""Small sets of images, and the files that hold them in each format."""

import gzip
import io
import struct

import numpy as np

NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
ROLES = ("train-images", "train-labels", "t10k-images", "t10k-labels")


def new_arrays(rng):
    height, width = rng.choice([(1, 1), (3, 2), (4, 4), (5, 4), (5, 5)])
    n_train, n_test = rng.randint(2, 6), rng.randint(2, 4)
    numbers = np.random.default_rng(rng.getrandbits(32))
    return [
        numbers.integers(0, 256, (n_train, height, width), dtype=np.uint8),
        numbers.permutation(62)[:n_train].astype(np.uint8),
        numbers.integers(0, 256, (n_test, height, width), dtype=np.uint8),
        numbers.permutation(62)[:n_test].astype(np.uint8),
    ]


def idx_bytes(array, code=8):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.tobytes()


def idx_name(role):
    return f"{role}-idx{3 if 'images' in role else 1}-ubyte"


def idx_files(arrays):
    return {
        idx_name(role): idx_bytes(array)
        for role, array in zip(ROLES, arrays, strict=True)
    }


def gz_files(arrays):
    return {f"{name}.gz": gzip.compress(raw) for name, raw in idx_files(arrays).items()}


def npz_files(arrays, save):
    file = io.BytesIO()
    save(file, **dict(zip(NPZ_NAMES, arrays, strict=True)))
    return {"any.npz": file.getvalue()}


def csv_files(arrays):
    files = {}
    for part, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
        _, height, width = images.shape
        names = [
            f"{row}x{column}"
            for row in range(1, height + 1)
            for column in range(1, width + 1)
        ]
        lines = [",".join(["label", *names]), *csv_rows(images, labels)]
        files[f"mnist_{part}.csv"] = "\n".join([*lines, ""]).encode()
    return files


def csv_files_without_names(arrays):
    """The same rows several times; the label is first, and a corner is always 0."""
    files = {}
    for part, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
        images = images.copy()
        images[:, -1, -1] = 0
        lines = 4 * csv_rows(images, labels)
        files[f"mnist_{part}.csv"] = "\n".join([*lines, ""]).encode()
    return files


def csv_rows(images, labels):
    return [
        ",".join(map(str, [label, *image.ravel()]))
        for image, label in zip(images, labels, strict=True)
    ]


FORMATS = {
    "idx": idx_files,
    "idx.gz": gz_files,
    "npz, stored": lambda arrays: npz_files(arrays, np.savez),
    "npz, deflated": lambda arrays: npz_files(arrays, np.savez_compressed),
    "csv": csv_files,
    "csv, no names": csv_files_without_names,
}
