"""Ways to damage a set of files: each changes the dictionary of the files' contents."""

import gzip
import io
import struct
import zipfile

import numpy as np
from formats import NPZ_NAMES


def truncate(files, rng, arrays):
    name = rng.choice(sorted(files))
    files[name] = files[name][: rng.randrange(len(files[name]))]


def flip_bits(files, rng, arrays):
    name = rng.choice(sorted(files))
    content = bytearray(files[name])
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    files[name] = bytes(content)


def flip_bits_of_the_start(files, rng, arrays):
    name = rng.choice(sorted(files))
    content = bytearray(files[name])
    content[rng.randrange(min(130, len(content)))] ^= 1 << rng.randrange(8)
    files[name] = bytes(content)


def overwrite(files, rng, arrays):
    name = rng.choice(sorted(files))
    content = bytearray(files[name])
    start = rng.randrange(len(content))
    length = rng.choice([1, 2, 4, 8])
    filler = rng.choice([b"\xff" * length, bytes(length), rng.randbytes(length)])
    content[start : start + length] = filler
    files[name] = bytes(content)


def insert_or_delete(files, rng, arrays):
    name = rng.choice(sorted(files))
    start, length = rng.randrange(len(files[name])), rng.choice([1, 4, 100])
    put = rng.choice([b"", rng.randbytes(length)])
    skipped = 0 if put else length
    files[name] = files[name][:start] + put + files[name][start + skipped :]


def append(files, rng, arrays):
    name = rng.choice(sorted(files))
    files[name] += rng.choice([b"\0", b"\n\n", rng.randbytes(3), files[name]])


def zip_again(files, rng, arrays):
    name = rng.choice(sorted(files))
    files[name] = gzip.compress(files[name])


def swap(files, rng, arrays):
    if len(files) > 1:
        first, second = rng.sample(sorted(files), 2)
        files[first], files[second] = files[second], files[first]


def remove_or_empty(files, rng, arrays):
    name = rng.choice(sorted(files))
    if rng.random() < 0.5:
        del files[name]
    else:
        files[name] = b""


def lie_about_the_size(files, rng, arrays):
    """A header with another size, in a file that is otherwise correct."""
    absurd = rng.choice([0, 1, 7, 255, 2**16, 2**31 - 1, 2**32 - 1])
    name = rng.choice(sorted(files))
    if name.endswith(".npz"):
        which = rng.randrange(4)
        files[name] = npz_with_header(
            arrays, which, shape=npz_shape(arrays[which], absurd, rng)
        )
        return
    if name.endswith(".csv"):
        files[name] = files[name].replace(b"x", str(absurd).encode() + b"x", 1)
        return
    gzipped = name.endswith(".gz")
    content = bytearray(gzip.decompress(files[name]) if gzipped else files[name])
    at = rng.choice(range(4, 16 if "images" in name else 8, 4))
    content[at : at + 4] = struct.pack(">I", absurd)
    files[name] = gzip.compress(content) if gzipped else bytes(content)


def npz_shape(array, absurd, rng):
    shape = list(array.shape)
    shape[rng.randrange(len(shape))] = rng.choice([absurd, -absurd, absurd**3])
    return tuple(shape)


def npz_with_header(arrays, which, descr="|u1", shape=None):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, array) in enumerate(zip(NPZ_NAMES, arrays, strict=True)):
            lies = number == which
            header = {
                "descr": descr if lies else "|u1",
                "fortran_order": False,
                "shape": shape if lies and shape is not None else array.shape,
            }
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array_header_1_0(member, header)
                member.write(array.tobytes())
    return file.getvalue()


def lie_about_the_type(files, rng, arrays):
    name = rng.choice(sorted(files))
    if name.endswith(".npz"):
        descr = rng.choice(
            ["|O", "|O8", "<f8", "|b1", "|S0", "|V0", "<U1", "|i1", "|S1", "|V1"]
        )
        files[name] = npz_with_header(arrays, rng.randrange(4), descr=descr)
    elif not name.endswith(".csv"):
        gzipped = name.endswith(".gz")
        content = bytearray(gzip.decompress(files[name]) if gzipped else files[name])
        content[rng.randrange(4)] = rng.choice(
            [0, 1, 2, 3, 8, 9, 0xB, 0xC, 0xD, 0xE, 0x1F, 0xFF]
        )
        files[name] = gzip.compress(content) if gzipped else bytes(content)


DAMAGES = [
    truncate,
    flip_bits,
    flip_bits_of_the_start,
    overwrite,
    insert_or_delete,
    append,
    zip_again,
    swap,
    remove_or_empty,
    lie_about_the_size,
    lie_about_the_type,
]
