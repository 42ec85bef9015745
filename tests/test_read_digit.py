"""read_digit: pictures of digits come into MNIST's form, and networks read them."""

import functools
import io
import os
import warnings
import zlib
from pathlib import Path

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, read_digit

# The first character of a name is the digit; make_pictures.py, beside them, drew them.
FOLDER = Path(__file__).parent / "pictures"
PICTURES = sorted(path for path in FOLDER.iterdir() if path.name[0].isdigit())
PAGE = (400, 300)


@pytest.fixture(scope="module")
def classifier(sample):
    """A network that reads 94 of 100 digits of the sample's test part."""
    network = SimpleMLPClassifier(
        64, activation="relu", learning_rate=0.003, epochs=20, random_state=0
    )
    return make_pipeline(MinMaxScaler(), network).fit(sample.X_train, sample.y_train)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for tests that hypothesis runs many times."""
    return tmp_path_factory.mktemp("pictures")


def on_page(digit, *, scale=9.0, at=(0.5, 0.5), page=PAGE):
    """Enlarge a digit of MNIST's and put it on an empty page: 0 is paper and 1 ink."""
    side = round(28 * scale)
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    sheet = np.zeros(page)
    top, left = (round(place * (length - side)) for place, length in zip(at, page, strict=True))
    sheet[top : top + side, left : left + side] = np.asarray(large) / 255
    return sheet


def dark_on_light(sheet, dark=40, light=235):
    return np.rint(light - (light - dark) * sheet).astype(np.uint8)


def difference(one, other):
    """The mean difference of two digits, as a part of the ink of both.

    The least of nine, for where a centre of mass is halfway between two pixels, nothing at all
    decides to which it is rounded.
    """
    one, other = one.astype(float), other.astype(float)
    shifted = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(np.abs(one - each).sum() for each in shifted) / (one + other).sum()


def saved(image, path, **options):
    Image.fromarray(image).save(path, **options)
    return path


each_picture = pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
read_once = functools.cache(read_digit)


class TestForm:
    @each_picture
    def test_is_that_of_mnist(self, path):
        digit = read_once(path)
        assert digit.shape == (28, 28)
        assert digit.dtype == np.uint8
        assert digit.flags.c_contiguous
        assert digit.max() == 255
        # The longer side of the box is 20 pixels; what touches the outer ones may round to 0.
        sides = [np.ptp(np.flatnonzero(digit.any(axis=axis))) + 1 for axis in (0, 1)]
        assert 19 <= max(sides) <= 20
        # The same as of all but one in a hundred digits in MNIST.
        y, x = (np.average(np.arange(28), weights=digit.sum(axis=axis)) for axis in (1, 0))
        assert abs(y - 14) <= 0.51
        assert abs(x - 14) <= 0.51

    @each_picture
    def test_has_as_much_ink_as_digits_in_mnist(self, path, sample):
        digit = read_once(path)
        ink = sample.images_train.mean(axis=(1, 2))
        assert ink.min() < digit.mean() < np.quantile(ink, 0.95)

    def test_a_pen_of_any_width_gives_similar_strokes(self):
        ink = []
        for pen in (1, 3, 8, 20, 45):
            page = np.full(PAGE, 255, np.uint8)
            page[60:340, 100 : 100 + pen] = 0
            page[60 : 60 + pen, 100:220] = 0
            page[340 - pen : 340, 100:220] = 0
            ink.append(read_digit(page).mean() / 255)
        assert min(ink) > 0.09
        assert max(ink) < 2 * min(ink)


class TestPictures:
    def test_every_digit_is_there(self):
        assert {path.name[0] for path in PICTURES} == set("0123456789")
        assert len(PICTURES) == 34

    @each_picture
    def test_a_network_reads_it(self, path, classifier):
        assert classifier.predict(read_once(path).reshape(1, -1)) == int(path.name[0])


class TestRoundTrip:
    """Digits of MNIST's test part, enlarged, on pages: they come back, and networks read them."""

    N = 500

    @pytest.fixture
    def accuracy(self, sample, classifier):
        return classifier.score(sample.X_test[: self.N], sample.y_test[: self.N])

    def score(self, classifier, digits, sample):
        return classifier.score(np.reshape(digits, (self.N, 784)), sample.y_test[: self.N])

    def test_pages(self, sample, classifier, accuracy):
        rng = np.random.default_rng(0)
        pages = []
        for row, digit in enumerate(sample.images_test[: self.N]):
            times = 1 if row % 4 == 0 else 0.5  # smaller pages take less time
            page = tuple(int(times * side) for side in PAGE)
            scale = times * rng.uniform(4, 10)
            pages.append(
                dark_on_light(on_page(digit, scale=scale, at=rng.uniform(0, 1, 2), page=page))
            )
        digits = np.array([read_digit(page) for page in pages])
        assert self.score(classifier, digits, sample) > accuracy - 0.03
        originals = sample.images_test[: self.N]
        assert np.mean([*map(difference, digits, originals)]) < 0.12
        assert digits.mean() == pytest.approx(originals.mean(), rel=0.1)

    def test_the_digits_themselves(self, sample, classifier, accuracy):
        digits = [read_digit(digit) for digit in sample.images_test[: self.N]]
        assert self.score(classifier, digits, sample) > accuracy - 0.03


@pytest.fixture(scope="module")
def page_of(sample):
    """A function, which hypothesis does not print the values of, from rows to pages."""
    return functools.cache(lambda row: on_page(sample.images_test[row]))


class TestInvariance:
    @settings(max_examples=20, deadline=None)
    @given(row=st.integers(0, 199))
    def test_inversion(self, page_of, row):
        page = dark_on_light(page_of(row))
        assert difference(read_digit(page), read_digit(255 - page)) < 0.01

    @settings(max_examples=20, deadline=None)
    @given(row=st.integers(0, 199), dark=st.integers(0, 120), more=st.integers(0, 55))
    def test_brightness(self, page_of, row, dark, more):
        page = dark_on_light(page_of(row), dark=dark, light=200)
        assert difference(read_digit(page), read_digit(page + np.uint8(more))) < 0.01

    @settings(max_examples=20, deadline=None)
    @given(row=st.integers(0, 199), contrast=st.integers(60, 255))
    def test_contrast(self, page_of, row, contrast):
        one = read_digit(dark_on_light(page_of(row), dark=0, light=255))
        other = read_digit(dark_on_light(page_of(row), dark=255 - contrast, light=255))
        assert difference(one, other) < 0.05

    @settings(max_examples=20, deadline=None)
    @given(row=st.integers(0, 199), y=st.floats(0, 1), x=st.floats(0, 1))
    def test_position(self, sample, page_of, row, y, x):
        moved = on_page(sample.images_test[row], at=(y, x))
        one, other = read_digit(dark_on_light(page_of(row))), read_digit(dark_on_light(moved))
        assert difference(one, other) < 0.05

    @settings(max_examples=20, deadline=None)
    @given(row=st.integers(0, 199), scale=st.floats(2, 10))
    def test_scale(self, sample, page_of, row, scale):
        scaled = on_page(sample.images_test[row], scale=scale)
        one, other = read_digit(dark_on_light(page_of(row))), read_digit(dark_on_light(scaled))
        assert difference(one, other) < 0.12

    @settings(max_examples=20, deadline=None)
    @given(
        row=st.integers(0, 199),
        paper=st.tuples(*[st.integers(0, 255)] * 3),
        ink=st.tuples(*[st.integers(0, 255)] * 3),
    )
    def test_colour(self, page_of, row, paper, ink):
        if max(abs(a - b) for a, b in zip(paper, ink, strict=True)) < 60:
            paper = tuple((level + 128) % 256 for level in ink)
        page = page_of(row)[..., None]
        coloured = np.rint(page * ink + (1 - page) * paper).astype(np.uint8)
        one, other = read_digit(dark_on_light(page_of(row))), read_digit(coloured)
        assert difference(one, other) < 0.05

    @settings(max_examples=20, deadline=None)
    @given(row=st.integers(0, 199), noise=st.floats(0, 20), seed=st.integers(0, 99))
    def test_noise_and_light_from_one_side(self, page_of, row, noise, seed):
        rng = np.random.default_rng(seed)
        page = dark_on_light(page_of(row))
        light = np.add.outer(rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, 400),
                             rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, 300))  # fmt: skip
        photo = (page * (0.7 + light) + rng.normal(0, noise, page.shape)).clip(0, 255)
        one, other = read_digit(page), read_digit(photo.astype(np.uint8))
        assert difference(one, other) < 0.15


class TestWhatCounts:
    """What belongs to the digit, and what does not."""

    @pytest.fixture
    def page(self, sample):
        return dark_on_light(on_page(sample.images_test[0], scale=7))

    def test_specks_do_not(self, page):
        dirty = page.copy()
        rng = np.random.default_rng(0)
        dirty[rng.integers(0, 400, 80), rng.integers(0, 300, 80)] = 0
        dirty[10:14, 280:284] = 0
        assert difference(read_digit(page), read_digit(dirty)) < 0.05

    def test_lines_across_do_not(self, page):
        ruled = page.copy()
        ruled[25::50] = np.minimum(ruled[25::50], 190)
        assert difference(read_digit(page), read_digit(ruled)) < 0.1

    def test_the_edge_of_the_table_does_not(self, page):
        page[:, :20] = 60
        assert difference(read_digit(page), read_digit(page[:, 20:])) < 0.05

    def test_a_detached_stroke_does(self):
        page = np.full(PAGE, 255, np.uint8)
        page[120:300, 100:115] = page[285:300, 100:200] = 0
        apart = page.copy()
        apart[80:95, 110:210] = 0
        assert read_digit(apart)[:7].sum() > 10 * 255
        # Scaled down, for the whole is higher.
        assert difference(read_digit(page), read_digit(apart)) > 0.2


class TestFiles:
    @pytest.fixture
    def page(self, sample):
        return dark_on_light(on_page(sample.images_test[3]))

    @pytest.mark.parametrize("kind", [str, Path])
    def test_paths(self, kind, page, tmp_path):
        path = kind(saved(page, tmp_path / "digit.png"))
        np.testing.assert_array_equal(read_digit(path), read_digit(page))

    def test_paths_in_bytes_are_refused(self, page, tmp_path):
        path = os.fsencode(saved(page, tmp_path / "digit.png"))
        with pytest.raises(TypeError, match="path_or_array must be the path of a picture"):
            read_digit(path)

    def test_home_folder(self, page, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))  # HOME on Windows
        saved(page, tmp_path / "digit.png")
        np.testing.assert_array_equal(read_digit("~/digit.png"), read_digit(page))

    @pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.gif", "a.ppm", "a.webp"])
    def test_lossless_formats(self, name, page, tmp_path):
        options = {"lossless": True} if name == "a.webp" else {}
        path = saved(page, tmp_path / name, **options)
        assert difference(read_digit(path), read_digit(page)) < 0.01

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LA", "YCbCr", "HSV"])
    def test_modes(self, mode, page, tmp_path):
        if mode == "YCbCr" and int(PIL.__version__.partition(".")[0]) < 13:
            pytest.skip("Pillow wrote no such TIFF before version 13 that it can read")
        name = "a.tiff" if mode in ("CMYK", "YCbCr") else "a.png"
        image = Image.fromarray(page).convert("RGB").convert(mode)
        (image.convert("RGB") if mode == "HSV" else image).save(tmp_path / name)
        assert difference(read_digit(tmp_path / name), read_digit(page)) < 0.08  # "1" is dithered

    def test_sixteen_bits(self, page, tmp_path):
        path = saved(page.astype(np.uint16) * 257, tmp_path / "a.png")
        assert difference(read_digit(path), read_digit(page)) < 0.01

    def test_floats(self, page, tmp_path):
        path = saved(page.astype(np.float32) / 255, tmp_path / "a.tiff")
        assert difference(read_digit(path), read_digit(page)) < 0.01

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_exif_orientation(self, orientation, page, tmp_path):
        # What the camera does to a picture that is shown as the page.
        turned = {
            1: page,
            2: page[:, ::-1],
            3: page[::-1, ::-1],
            4: page[::-1],
            5: page.T,
            6: np.rot90(page),
            7: page[::-1, ::-1].T,
            8: np.rot90(page, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = saved(np.ascontiguousarray(turned), tmp_path / "a.png", exif=exif)
        np.testing.assert_array_equal(read_digit(path), read_digit(page))

    def test_an_animation_is_its_first_picture(self, page, tmp_path):
        other = Image.fromarray(page[::-1].copy())
        path = tmp_path / "a.gif"
        Image.fromarray(page).save(path, save_all=True, append_images=[other])
        assert difference(read_digit(path), read_digit(page)) < 0.01

    @pytest.mark.parametrize("colour", [0, 255, (200, 30, 30)])
    def test_ink_on_nothing(self, colour, sample, tmp_path):
        sheet = on_page(sample.images_test[3])
        image = np.empty((*PAGE, 4), np.uint8)
        image[..., :3] = colour
        image[..., 3] = np.rint(255 * sheet)
        expected = read_digit(dark_on_light(sheet))
        assert difference(read_digit(saved(image, tmp_path / "a.png")), expected) < 0.05
        assert difference(read_digit(image), expected) < 0.05

    def test_paper_with_transparent_corners(self, page):
        image = np.dstack([page, page, page, np.full_like(page, 255)])
        y, x = np.ogrid[:400, :300]
        image[np.abs(y - 200) + np.abs(x - 150) > 300] = 0
        assert difference(read_digit(image), read_digit(page)) < 0.05


class TestArrays:
    @pytest.fixture
    def page(self, sample):
        return dark_on_light(on_page(sample.images_test[5]))

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
    def test_floats(self, dtype, page):
        floats = (page / 255).astype(dtype)
        assert difference(read_digit(floats), read_digit(page)) < 0.01

    def test_three_and_four_channels(self, page):
        rgb = np.stack([page] * 3, axis=-1)
        rgba = np.concatenate([rgb, np.full((*PAGE, 1), 255, np.uint8)], axis=-1)
        for array in (rgb, rgba, rgb / 255, rgba / 255, np.asfortranarray(rgb)):
            np.testing.assert_array_equal(read_digit(array), read_digit(page))

    def test_array_stays_as_it_is(self, page):
        page = page.copy()
        page.setflags(write=False)
        before = page.copy()
        read_digit(page)
        np.testing.assert_array_equal(page, before)

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.zeros((400, 300), int), ["dtype int64", "uint8 or of floats from 0 to 1"]),
            (np.zeros((400, 300), bool), ["dtype bool"]),
            (np.zeros((400, 300, 2), np.uint8), ["shape (400, 300, 2)", "(height, width, 3)"]),
            (np.zeros(784, np.uint8), ["shape (784,)"]),
            (np.zeros((0, 300), np.uint8), ["shape (0, 300)"]),
            (np.zeros((1, 28, 28), np.uint8), ["shape (1, 28, 28)"]),
            (np.full((400, 300), 255.0), ["floats from 255.0 to 255.0", "from 0 to 1"]),
            (np.full((400, 300), np.nan), ["floats from nan to nan"]),
            (np.zeros((7, 300), np.uint8), ["too small, 300 x 7 pixels", "at least 8 x 8"]),
        ],
    )
    def test_wrong_arrays(self, array, words):
        with pytest.raises(ValueError, match=r"path_or_array.*expected") as caught:
            read_digit(array)
        for word in words:
            assert word in str(caught.value)

    @pytest.mark.parametrize("value", [None, 5, [[0, 255]], Image.new("L", (28, 28))])
    def test_wrong_type(self, value):
        with pytest.raises(TypeError, match=f"of type {type(value).__name__}"):
            read_digit(value)


class TestNothingDrawn:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1:400j, 0:1:300j]
    spot = np.zeros(PAGE, np.uint8)
    spot[100:105, 50:55] = 255
    lined = np.full(PAGE, 240, np.uint8)
    lined[20::40] = 170

    @pytest.mark.parametrize(
        "page",
        [
            pytest.param(np.full(PAGE, 255, np.uint8), id="white"),
            pytest.param(np.zeros((28, 28), np.uint8), id="black"),
            pytest.param(np.zeros((*PAGE, 4), np.uint8), id="transparent"),
            pytest.param(rng.normal(150, 12, PAGE).clip(0, 255).astype(np.uint8), id="noise"),
            pytest.param(rng.integers(0, 256, PAGE, dtype=np.uint8), id="much noise"),
            pytest.param((0.2 + 0.7 * x * y), id="light from a corner"),
            pytest.param(0.3 + 0.6 * np.exp(-((x - 0.3) ** 2 + (y - 0.4) ** 2) / 0.2), id="a lamp"),
            pytest.param((rng.uniform(size=PAGE) > 0.001).astype(float), id="dust"),
            pytest.param(spot, id="a speck"),
            pytest.param(lined, id="ruled paper"),
        ],
    )
    def test_empty_pages(self, page):
        with pytest.raises(ValueError, match=r"shows nothing drawn.*Expected a picture of one"):
            read_digit(page)

    def test_names_the_file(self, tmp_path):
        path = saved(np.full(PAGE, 255, np.uint8), tmp_path / "empty.png")
        with pytest.raises(ValueError, match=r"empty\.png' shows nothing drawn"):
            read_digit(path)

    def test_a_digit_too_low(self):
        page = np.full((40, 40), 255, np.uint8)
        page[18:22, 20:22] = 0
        with pytest.raises(ValueError, match=r"something 4 pixels high or wide; expected .* 6"):
            read_digit(page)


class TestNoPicture:
    def test_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"nowhere\.png': there is no such file"):
            read_digit(tmp_path / "nowhere.png")

    @pytest.mark.parametrize("path", ["", "no\0where", "x" * 5000])
    def test_impossible_names(self, path):
        with pytest.raises(FileNotFoundError, match="there is no such file"):
            read_digit(path)

    def test_folder(self, tmp_path):
        with pytest.raises(ValueError, match="is a folder; expected the path of a picture"):
            read_digit(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"a digit", b"\x89PNG\r\n\x1a\n", bytes(1000)])
    def test_other_files(self, content, tmp_path):
        path = tmp_path / "wrong.png"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"wrong\.png'.*expected the path of a picture"):
            read_digit(path)

    @settings(max_examples=40, deadline=None)
    @given(
        name=st.sampled_from(["2-tiny.png", "3-yellow.jpg", "4-dust.gif", "1-red-felt-tip.webp"]),
        where=st.floats(0, 1, exclude_max=True),
        bit=st.integers(0, 7),
        cut=st.booleans(),
    )
    def test_damaged_anywhere(self, folder, name, where, bit, cut):
        content = bytearray((FOLDER / name).read_bytes())
        place = int(where * len(content))
        content[place] ^= 1 << bit
        path = folder / name
        path.write_bytes(content[:place] if cut else content)
        # Not every bit matters, and Pillow reads on after some damage.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of damaged Exif data
            try:
                digit = read_digit(path)
            except ValueError as error:
                assert name in str(error)  # noqa: PT017
            else:
                assert digit.shape == (28, 28)

    @pytest.mark.parametrize("times", [1.5, 3])
    def test_more_pixels_than_pillows_limit(self, times, tmp_path, monkeypatch):
        # Pillow itself only warns below twice its limit.
        path = saved(np.full(PAGE, 255, np.uint8), tmp_path / "bomb.png")
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(400 * 300 / times))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError, match=r"bomb\.png' has more pixels than Pillow's limit"):
                read_digit(path)

    def test_a_bomb(self, tmp_path):
        # A header of 60,000 x 60,000 pixels over next to no data.
        buffer = io.BytesIO()
        Image.new("1", (8, 8)).save(buffer, "PNG")
        content = bytearray(buffer.getvalue())
        content[16:24] = (60_000).to_bytes(4, "big") * 2
        content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
        (tmp_path / "bomb.png").write_bytes(content)
        with pytest.raises(ValueError, match=r"bomb\.png' has more pixels than Pillow's limit"):
            read_digit(tmp_path / "bomb.png")
