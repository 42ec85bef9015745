"""read_digit: pictures get MNIST's form, and networks classify them."""

import base64
import functools
import io
import os
import sys
import warnings
import zlib
from pathlib import Path
from urllib.parse import quote

import numpy as np
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
def classifiers(sample):
    """Three networks that read 94 of 100 digits of the sample's test part."""
    return [
        make_pipeline(
            MinMaxScaler(),
            SimpleMLPClassifier(
                64, activation="relu", learning_rate=0.003, epochs=20, random_state=seed
            ),
        ).fit(sample.X_train, sample.y_train)
        for seed in range(3)
    ]


def on_page(digit, *, scale=9.0, at=(0.5, 0.5), page=PAGE):
    """Enlarge a digit of MNIST's and put it on an empty page: 0 is paper and 1 ink."""
    side = round(28 * scale)
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    sheet = np.zeros(page)
    top, left = (
        round(place * (length - side)) for place, length in zip(at, page, strict=True)
    )
    sheet[top : top + side, left : left + side] = np.asarray(large) / 255
    return sheet


def dark_on_light(sheet, dark=40, light=235):
    return np.rint(light - (light - dark) * sheet).astype(np.uint8)


def difference(one, other):
    """The mean difference of two digits, as a part of the ink of both.

    The least of nine shifts: a centre of mass halfway between two pixels may be rounded
    to either.
    """
    one, other = one.astype(float), other.astype(float)
    shifted = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(np.abs(one - each).sum() for each in shifted) / (one + other).sum()


def saved(image, path, **options):
    Image.fromarray(image).save(path, **options)
    return path


@pytest.fixture(scope="module")
def page_of(sample):
    """A function from rows of the test part to pages."""
    return functools.cache(lambda row: on_page(sample.images_test[row]))


@pytest.fixture(scope="module")
def page(page_of):
    page = dark_on_light(page_of(3))
    page.setflags(write=False)  # read_digit must not write to it
    return page


class TestPictures:
    @pytest.mark.filterwarnings("ignore:.*2-cut-out-closely.* has ink at its edge")
    @pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
    def test_comes_into_the_form_of_mnist_and_is_read(self, path, classifiers, sample):
        with warnings.catch_warnings():
            warnings.simplefilter("error" if "cut-out" not in path.name else "ignore")
            digit = read_digit(path)
        assert digit.shape == (28, 28)
        assert digit.dtype == np.uint8
        # The longer side of the box is 20 pixels; what touches the outer ones may round
        # to 0.
        sides = [np.ptp(np.flatnonzero(digit.any(axis=axis))) + 1 for axis in (0, 1)]
        assert 19 <= max(sides) <= 20
        # The same as of all but one in a hundred digits in MNIST.
        y, x = (
            np.average(np.arange(28), weights=digit.sum(axis=axis)) for axis in (1, 0)
        )
        assert abs(y - 14) <= 0.51
        assert abs(x - 14) <= 0.51
        ink = sample.images_train.mean(axis=(1, 2))
        assert ink.min() < digit.mean() < np.quantile(ink, 0.95)
        labels = [
            classifier.predict(digit.reshape(1, -1)) for classifier in classifiers
        ]
        np.testing.assert_array_equal(labels, int(path.name[0]))

    @pytest.mark.slow
    def test_digits_of_mnist_come_back(self, sample, classifiers):
        originals, labels = sample.images_test[:200], sample.y_test[:200]
        rng = np.random.default_rng(0)
        digits = [
            read_digit(
                dark_on_light(
                    on_page(digit, scale=rng.uniform(3, 10), at=rng.uniform(0, 1, 2))
                )
            )
            for digit in originals
        ]
        for classifier in classifiers:
            accuracy = classifier.score(originals.reshape(200, 784), labels)
            assert (
                classifier.score(np.reshape(digits, (200, 784)), labels)
                > accuracy - 0.03
            )
        assert np.mean([*map(difference, digits, originals)]) < 0.1
        assert np.mean(digits) == pytest.approx(originals.mean(), rel=0.1)

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


rows = st.integers(0, 99)


class TestInvariance:
    @settings(max_examples=15, deadline=None)
    @given(
        row=rows,
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

    @settings(max_examples=15, deadline=None)
    @given(row=rows, scale=st.floats(2, 10), y=st.floats(0, 1), x=st.floats(0, 1))
    def test_place_and_scale(self, sample, page_of, row, scale, y, x):
        moved = on_page(sample.images_test[row], scale=scale, at=(y, x))
        one, other = (
            read_digit(dark_on_light(page_of(row))),
            read_digit(dark_on_light(moved)),
        )
        assert difference(one, other) < 0.13

    def test_a_centre_of_mass_near_the_top(self):
        page = np.full((400, 400), 255, np.uint8)
        page[100:140, 100:300] = 0
        page[140:300, 190:205] = 0
        has_ink = read_digit(page).any(axis=1)
        assert not has_ink[:8].any()
        assert has_ink[8:].all()

    @settings(max_examples=15, deadline=None)
    @given(row=rows, noise=st.floats(0, 20), seed=st.integers(0, 99))
    def test_noise_and_light_from_one_side(self, page_of, row, noise, seed):
        rng = np.random.default_rng(seed)
        page = dark_on_light(page_of(row))
        down = rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, 400)
        across = rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, 300)
        light = np.add.outer(down, across)
        photo = (page * (0.7 + light) + rng.normal(0, noise, page.shape)).clip(0, 255)
        one, other = read_digit(page), read_digit(photo.astype(np.uint8))
        assert difference(one, other) < 0.17


class TestWhatCounts:
    """What belongs to the digit, and what does not."""

    @pytest.fixture
    def page(self, sample):
        return dark_on_light(on_page(sample.images_test[0], scale=7))

    @pytest.fixture
    def is_left_out(self, page):
        """Check that a page with something added is read as the page without it."""
        expected = read_digit(page)

        def check(changed):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert difference(expected, read_digit(changed)) < 0.06

        return check

    def test_specks_do_not(self, page, is_left_out):
        rng = np.random.default_rng(0)
        page[rng.integers(0, 400, 80), rng.integers(0, 300, 80)] = 0
        page[10:14, 280:284] = 0
        is_left_out(page)

    def test_lines_across_do_not(self, page, is_left_out):
        page[25::50] = np.minimum(page[25::50], 190)
        is_left_out(page)

    def test_the_table_beside_the_paper_does_not(self, page, is_left_out):
        page[:, :20] = page[380:] = 60
        is_left_out(page)

    def test_a_pencil_from_the_edge_does_not(self, page, is_left_out):
        page[350:365, :150] = 60
        is_left_out(page)

    @pytest.mark.parametrize("inset", [0, 30])
    def test_a_frame_does_not(self, inset, page, is_left_out):
        framed = page.copy()
        framed[inset : 400 - inset, inset : 300 - inset] = 40
        inside = (slice(inset + 5, 395 - inset), slice(inset + 5, 295 - inset))
        framed[inside] = page[inside]
        is_left_out(framed)

    def test_a_small_number_far_away_does_not(self, page, is_left_out):
        page[370:385, 20:23] = 40
        is_left_out(page)

    def test_a_detached_stroke_does(self):
        page = np.full(PAGE, 255, np.uint8)
        page[120:300, 100:115] = page[285:300, 100:200] = 0
        apart = page.copy()
        apart[80:95, 110:210] = 0
        assert read_digit(apart)[:7].sum() > 10 * 255
        # Scaled down, for the whole is higher.
        assert difference(read_digit(page), read_digit(apart)) > 0.2

    def test_the_largest_of_several_digits_is_read_with_a_warning(self):
        page = np.asarray(Image.open(FOLDER / "several-427.png").convert("L"))
        with pytest.warns(
            UserWarning, match=r"several-427\.png' shows several shapes of like size"
        ):
            digit = read_digit(FOLDER / "several-427.png")
        assert difference(digit, read_digit(page[:, 140:260])) < 0.05  # the 2

    @pytest.mark.parametrize("gap", [30, 60, 120])
    @pytest.mark.parametrize("height", [60, 100, 140, 200, 260])
    def test_two_digits_of_any_size_and_distance(self, height, gap):
        """Also if only one of them is looked at more closely."""
        page = np.full((400, 600), 255, np.uint8)
        page[70 : 70 + height, 50:62] = 0
        page[70:82, 50 : 50 + height // 2] = 0
        right = 50 + height // 2 + gap
        page[70 : 70 + height, right : right + 12] = 0
        page[58 + height : 70 + height, right : right + height // 2] = 0
        with pytest.warns(
            UserWarning, match="picture shows several shapes of like size"
        ):
            digit = read_digit(page)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            alone = page.copy()
            alone[:, right:] = 255
            is_first = difference(digit, read_digit(alone)) < 0.1
            alone = page.copy()
            alone[:, : right - 1] = 255
            assert is_first or difference(digit, read_digit(alone)) < 0.1

    @pytest.mark.parametrize("height", [80, 140, 200])
    def test_another_digit_that_is_cut_off(self, height, sample):
        page = np.zeros((400, 600))
        zero = sample.images_test[sample.y_test == 0][0]
        image = Image.fromarray(zero[4:24, 4:24]).resize((height, height))
        for left in (150, 600 - height // 2):
            page[100 : 100 + height, left : left + height] = (
                np.asarray(image)[:, : 600 - left] / 255
            )
        with pytest.warns(
            UserWarning, match="something like a digit at its edge, which is left"
        ):
            digit = read_digit(dark_on_light(page))
        page[:, 400:] = 0
        assert difference(digit, read_digit(dark_on_light(page))) < 0.05

    @pytest.mark.parametrize("side", [30, 45, 60])
    def test_a_row_of_small_digits(self, side, sample):
        page = np.zeros((900, 1200))
        for number, digit in enumerate(sample.images_test[:8]):
            image = Image.fromarray(digit[4:24, 4:24]).resize((side, side))
            left = 100 + 2 * side * number
            page[300 : 300 + side, left : left + side] = np.asarray(image) / 255
        with pytest.warns(UserWarning, match="shows several shapes of like size"):
            read_digit(dark_on_light(page))

    def test_two_digits_side_by_side(self):
        page = np.full(PAGE, 255, np.uint8)
        page[100:300, 100:120] = page[110:295, 128:150] = 0
        with pytest.warns(
            UserWarning, match="shapes of like size side by side, which are read"
        ):
            read_digit(page)

    def test_digits_that_touch(self, sample):
        two = np.concatenate(
            [sample.images_test[row][:, 4:23] for row in (0, 1)], axis=1
        )
        page = np.full(PAGE, 255, np.uint8)
        page[180:230, 60:240] = 255 - np.asarray(Image.fromarray(two).resize((180, 50)))
        page[203:207, 70:230] = 0
        with pytest.warns(
            UserWarning, match="something much wider than high, such as digits that"
        ):
            read_digit(page)

    @pytest.mark.parametrize(
        "corner", [np.s_[:60, :60], np.s_[:60, -60:], np.s_[-60:, :60]]
    )
    def test_a_box_that_is_open_at_a_corner(self, corner, page):
        box = np.zeros(PAGE, bool)
        box[40:360, 30:270] = True
        box[45:355, 35:265] = False
        box[40:360, 30:270][corner] = False
        boxed = np.where(box, 40, page).astype(np.uint8)
        with pytest.warns(UserWarning, match="in a box that is not closed"):
            read_digit(boxed)

    @pytest.mark.parametrize("digit", [4, 5])
    def test_digits_of_two_strokes_are_one(self, digit):
        page = np.full(PAGE, 255, np.uint8)
        if digit == 4:
            page[100:200, 80:95] = page[185:200, 80:160] = page[100:300, 165:180] = 0
        else:
            page[120:300, 100:115] = page[285:300, 100:200] = page[80:95, 110:210] = 0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_digit(page)

    @pytest.mark.parametrize(
        "cut", [np.s_[:200], np.s_[:, 150:]], ids=["below", "left"]
    )
    def test_ink_at_the_edge_is_read_with_a_warning(self, cut, page):
        with pytest.warns(UserWarning, match="picture has ink at its edge"):
            read_digit(page[cut])

    def test_what_is_cut_off_may_be_wide(self):
        page = np.full((300, 300), 255, np.uint8)
        page[140:160, 100:] = page[100:200, 160:180] = 0
        with pytest.warns(UserWarning, match="at its edge") as warned:
            read_digit(page)
        assert len(warned) == 1

    @pytest.mark.parametrize("shape", [(8, 800), (3000, 12)])
    def test_long_thin_pictures(self, shape):
        page = np.full(shape, 255, np.uint8)
        height, width = (2 if side < 20 else round(0.46 * side) for side in shape)
        page[height:-height, width:-width] = 0
        sides = [
            np.ptp(np.flatnonzero(read_digit(page).any(axis=axis))) + 1
            for axis in (1, 0)
        ]
        assert np.argmax(sides) == np.argmax(shape)
        assert 19 <= max(sides) <= 20
        with pytest.raises(ValueError, match="shows nothing drawn"):
            read_digit(np.full(shape, 255, np.uint8))


class TestFiles:
    @pytest.fixture
    def path(self, page, tmp_path):
        return saved(page, tmp_path / "digit.png")

    @pytest.mark.parametrize("convert", [Path, str], ids=["Path", "str"])
    def test_paths(self, page, path, convert):
        np.testing.assert_array_equal(read_digit(convert(path)), read_digit(page))

    def test_paths_in_the_home_directory(self, page, path, monkeypatch):
        monkeypatch.setenv("HOME", str(path.parent))
        monkeypatch.setenv("USERPROFILE", str(path.parent))  # HOME on Windows
        np.testing.assert_array_equal(read_digit("~/digit.png"), read_digit(page))

    @pytest.mark.parametrize("kind", [bytes, bytearray])
    def test_bytes(self, page, path, kind):
        content = kind(path.read_bytes())
        np.testing.assert_array_equal(read_digit(content), read_digit(page))

    def test_files(self, page, path):
        with open(path, "rb") as file:
            np.testing.assert_array_equal(read_digit(file), read_digit(page))

    def test_a_file_that_was_read_to_its_end(self, page, path):
        file = io.BytesIO(path.read_bytes())
        file.read()
        np.testing.assert_array_equal(read_digit(file), read_digit(page))

    def test_a_pipe(self, page, path):
        source, sink = os.pipe()
        os.write(sink, path.read_bytes())
        os.close(sink)
        with open(source, "rb") as pipe:
            np.testing.assert_array_equal(read_digit(pipe), read_digit(page))

    def test_images_of_pillow(self, page, path):
        image = Image.open(path)
        np.testing.assert_array_equal(read_digit(image), read_digit(page))
        np.testing.assert_array_equal(np.asarray(image), page)

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("a.bmp", {}),
            ("a.tiff", {}),
            ("a.ppm", {}),
            ("a.webp", {"lossless": True}),
        ],
    )
    def test_formats(self, page, tmp_path, name, options):
        path = saved(page, tmp_path / name, **options)
        assert difference(read_digit(path), read_digit(page)) < 0.01

    def test_a_png_of_16_bits(self, page, tmp_path):
        path = saved(page.astype(np.uint16) * 257, tmp_path / "16.png")
        assert difference(read_digit(path), read_digit(page)) < 0.01

    def test_a_tiff_of_float32(self, page, tmp_path):
        path = saved(page.astype(np.float32) / 255, tmp_path / "32.tiff")
        assert difference(read_digit(path), read_digit(page)) < 0.01

    def test_of_an_animation_the_first_picture_is_read(self, page, tmp_path):
        other = Image.fromarray(page[::-1].copy())
        path = saved(page, tmp_path / "a.gif", save_all=True, append_images=[other])
        assert difference(read_digit(path), read_digit(page)) < 0.01

    def test_heic(self, page, tmp_path):
        heif = pytest.importorskip("pillow_heif")
        path = tmp_path / "a.heic"
        heif.from_pillow(Image.fromarray(page)).save(path, quality=90)
        assert difference(read_digit(path), read_digit(page)) < 0.03

    def test_heic_without_pillow_heif(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        path = tmp_path / "a.heic"
        path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
        with pytest.raises(
            ValueError, match=r"a\.heic' cannot be read .*skmnist\[heic\]"
        ):
            read_digit(path)

    @pytest.mark.parametrize("ending", ["gif", "tiff", "webp", "png"])
    @pytest.mark.parametrize("paper", [255, 0])
    def test_an_empty_first_frame_is_passed_over(self, ending, paper, page, tmp_path):
        empty = Image.fromarray(np.full_like(page, paper))
        path = tmp_path / f"pages.{ending}"
        options = {"lossless": True} if ending == "webp" else {}
        drawn = Image.fromarray(page)
        empty.save(path, save_all=True, append_images=[empty, drawn], **options)
        assert difference(read_digit(path), read_digit(page)) < 0.02

    def test_frames_that_are_all_empty(self, page, tmp_path):
        empty = Image.fromarray(np.full_like(page, 255))
        empty.save(tmp_path / "pages.tiff", save_all=True, append_images=[empty])
        with pytest.raises(ValueError, match="nothing drawn"):
            read_digit(tmp_path / "pages.tiff")

    @pytest.mark.parametrize("kind", ["AVIF", "ICO", "TGA"])
    def test_other_formats_that_pillow_has_opened(self, kind, page):
        file = io.BytesIO()
        square = Image.fromarray(page[50:306])
        options = {"sizes": [(256, 256)]} if kind == "ICO" else {}
        try:
            square.save(file, kind, **options)
        except (KeyError, OSError):
            pytest.skip("this Pillow cannot write it")
        opened = Image.open(file)
        assert opened.format == kind
        assert difference(read_digit(opened), read_digit(square)) < 0.05

    @pytest.mark.parametrize("head", ["data:image/png;base64,", "data:;base64,"])
    @pytest.mark.parametrize("encode", [str, quote], ids=["plain", "quoted"])
    def test_data_urls(self, head, encode, page):
        file = io.BytesIO()
        Image.fromarray(page).save(file, "PNG")
        url = head + encode(base64.b64encode(file.getvalue()).decode())
        np.testing.assert_array_equal(read_digit(url), read_digit(page))

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("data:image/png;base64,????", "holds no base64"),
            ("data:image/png;base64," + "A" * 100_000, "cannot be read"),
            ("data:text/plain,a%20digit", "is a data URL without base64"),
        ],
        ids=["other letters", "no picture", "no base64"],
    )
    def test_wrong_data_urls(self, url, words):
        with pytest.raises(ValueError, match=words) as raised:
            read_digit(url)
        assert str(raised.value).startswith("'data:")
        assert len(str(raised.value)) < 1000

    def test_long_paths_are_shortened_in_messages(self, tmp_path):
        with pytest.raises(OSError, match=r"x\.\.\.x") as raised:
            read_digit("x" * 100_000)
        assert len(str(raised.value)) < 400

    @pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
    def test_a_named_pipe_is_refused(self, tmp_path):
        """And not waited for."""
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(
            ValueError, match=r"pipe\.png' is not a file, but .* named pipe"
        ):
            read_digit(tmp_path / "pipe.png")

    @pytest.mark.parametrize("mode", ["1", "P", "CMYK", "LA", "HSV"])
    def test_modes(self, page, mode):
        image = Image.fromarray(page).convert("RGB").convert(mode)
        # "1" is dithered.
        assert difference(read_digit(image), read_digit(page)) < 0.08

    def test_is_turned_as_exif_data_require(self, page, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 5  # mirrored and turned
        path = saved(np.ascontiguousarray(page.T), tmp_path / "a.png", exif=exif)
        np.testing.assert_array_equal(read_digit(path), read_digit(page))

    @pytest.mark.parametrize(
        "colour", [0, 255, (200, 30, 30)], ids=["black", "white", "red"]
    )
    def test_ink_on_nothing(self, page, page_of, colour):
        image = np.empty((*PAGE, 4), np.uint8)
        image[..., :3] = colour
        image[..., 3] = np.rint(255 * page_of(3))
        assert difference(read_digit(image), read_digit(page)) < 0.05

    @pytest.mark.parametrize("alpha", [40, 76, 128, 254])
    def test_strokes_half_transparent_all_over(self, alpha, page_of):
        image = np.zeros((*PAGE, 4), np.uint8)
        image[..., :3] = (255, 165, 0)
        image[..., 3] = np.rint(alpha * page_of(3))
        assert (
            difference(read_digit(image), read_digit(dark_on_light(page_of(3)))) < 0.05
        )

    def test_strokes_that_hardly_show(self, page_of):
        image = np.zeros((*PAGE, 4), np.uint8)
        image[..., 3] = np.rint(10 * page_of(3))
        with pytest.raises(ValueError, match="nothing drawn"):
            read_digit(image)

    def test_paper_with_transparent_corners(self, page):
        image = np.dstack([page, page, page, np.full_like(page, 255)])
        y, x = np.ogrid[:400, :300]
        image[np.abs(y - 200) + np.abs(x - 150) > 300] = 0
        assert difference(read_digit(image), read_digit(page)) < 0.05


class TestArrays:
    @pytest.mark.parametrize(
        "convert",
        [
            pytest.param(lambda page: page.astype(np.int64), id="int64"),
            pytest.param(lambda page: page.astype(float), id="float64"),
            pytest.param(lambda page: page.astype(">f4"), id="big-endian float32"),
            pytest.param(lambda page: page / 255, id="from 0 to 1"),
            pytest.param(lambda page: page.tolist(), id="list"),
            pytest.param(lambda page: page[..., None], id="one channel"),
            pytest.param(
                lambda page: np.asfortranarray(np.dstack([page] * 3)),
                id="three channels by columns",
            ),
            pytest.param(
                lambda page: np.dstack([page] * 3 + [np.full_like(page, 255)]) / 255,
                id="four channels from 0 to 1",
            ),
        ],
    )
    def test_every_kind_of_numbers(self, page, convert):
        np.testing.assert_array_equal(read_digit(convert(page)), read_digit(page))

    @pytest.mark.parametrize("times", [16, 257], ids=["12 bits", "16 bits"])
    @pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
    @pytest.mark.parametrize("n_channels", [1, 3], ids=["gray", "RGB"])
    def test_more_than_8_bits(self, times, dtype, n_channels, page):
        levels = page.astype(dtype) * dtype(times)
        picture = np.dstack([levels] * n_channels) if n_channels > 1 else levels
        assert difference(read_digit(picture), read_digit(page)) < 0.02

    @pytest.mark.parametrize("times", [16, 257], ids=["12 bits", "16 bits"])
    def test_files_of_more_than_8_bits(self, times, page):
        file = io.BytesIO()
        Image.fromarray(page.astype(np.uint16) * np.uint16(times)).save(file, "PNG")
        assert difference(read_digit(file.getvalue()), read_digit(page)) < 0.02

    @pytest.mark.parametrize(
        "convert",
        [
            pytest.param(lambda drawn: drawn, id="bool"),
            pytest.param(lambda drawn: drawn.astype(int), id="0 and 1"),
            pytest.param(lambda drawn: drawn.tolist(), id="list"),
            pytest.param(lambda drawn: 255 * drawn.astype(np.uint8), id="0 and 255"),
        ],
    )
    def test_two_levels(self, page, convert):
        drawn = page < 128
        expected = read_digit(drawn.astype(float))
        np.testing.assert_array_equal(read_digit(convert(drawn)), expected)

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.zeros((400, 300, 2)), r"the shape \(400, 300, 2\)"),
            (np.zeros(784), r"the shape \(784,\)"),
            (np.zeros((1, 28, 28)), r"the shape \(1, 28, 28\)"),
            (np.full((400, 300), 65_536), "numbers from 65536 to 65536"),
            (np.full((400, 300), -0.5), "numbers from -0.5 to -0.5"),
            (np.full((400, 300), np.nan), "numbers from nan to nan"),
            ([["a"]], "the dtype <U1"),
            (np.zeros((7, 300)), "too small, 300 x 7 pixels"),
        ],
    )
    def test_wrong_arrays(self, array, words):
        with pytest.raises(ValueError, match=rf"picture .*{words}.*expected"):
            read_digit(array)

    def test_wrong_type(self):
        with pytest.raises(
            ValueError,
            match=r"picture has the shape \(\) and the dtype object; expected",
        ):
            read_digit(None)


class TestNothingDrawn:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1:400j, 0:1:300j]
    lined = np.full(PAGE, 240, np.uint8)
    lined[20::40] = 170
    squared = lined.copy()
    squared[:, 20::40] = 170

    @pytest.mark.parametrize(
        "page",
        [
            pytest.param(np.full(PAGE, 255, np.uint8), id="white"),
            pytest.param(np.zeros((*PAGE, 4), np.uint8), id="transparent"),
            pytest.param(
                rng.normal(150, 12, PAGE).clip(0, 255).astype(np.uint8), id="noise"
            ),
            pytest.param(
                0.3 + 0.6 * np.exp(-((x - 0.3) ** 2 + (y - 0.4) ** 2) / 0.2),
                id="a lamp",
            ),
            pytest.param((rng.uniform(size=PAGE) > 0.001).astype(float), id="dust"),
            pytest.param(lined, id="ruled paper"),
            pytest.param(squared, id="squared paper"),
        ],
    )
    def test_empty_pages(self, page):
        with pytest.raises(
            ValueError, match=r"picture shows nothing drawn.*Expected a picture"
        ):
            read_digit(page)

    def test_a_digit_too_low(self):
        page = np.full((40, 40), 255, np.uint8)
        page[18:22, 20:22] = 0
        with pytest.raises(ValueError, match=r"nothing of 6 pixels"):
            read_digit(page)


class TestNotAPicture:
    def test_no_file(self):
        with pytest.raises(FileNotFoundError, match=r"'nowhere\.png'"):
            read_digit("nowhere.png")

    @pytest.mark.parametrize("content", [b"", b"a digit", b"\x89PNG\r\n\x1a\n"])
    def test_other_contents(self, content, tmp_path):
        path = tmp_path / "wrong.png"
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"wrong\.png'.*expected a picture in one of the"
        ):
            read_digit(path)

    def test_text_files(self, tmp_path):
        (tmp_path / "a.txt").write_text("a digit")
        with (
            open(tmp_path / "a.txt") as file,
            pytest.raises(ValueError, match=r"picture .*expected"),
        ):
            read_digit(file)

    def test_a_format_that_another_program_reads_is_refused(self, page, tmp_path):
        path = tmp_path / "digit.png"
        Image.fromarray(page).save(path, "EPS")  # Pillow starts Ghostscript for it
        with pytest.raises(
            ValueError,
            match=r"digit\.png' cannot be read \(Unid.*expected a picture in one",
        ):
            read_digit(path)
        with pytest.raises(ValueError, match="picture is in the format EPS"):
            read_digit(Image.open(path))

    @settings(max_examples=40, deadline=None)
    @given(
        name=st.sampled_from(
            ["2-tiny.png", "3-yellow.jpg", "4-dust.gif", "1-red-felt-tip.webp"]
        ),
        where=st.floats(0, 1, exclude_max=True),
        bit=st.integers(0, 7),
        cut=st.booleans(),
    )
    def test_damaged_anywhere(self, name, where, bit, cut):
        content = bytearray((FOLDER / name).read_bytes())
        place = int(where * len(content))
        content[place] ^= 1 << bit
        # Not every bit matters, and Pillow reads on after some damage.
        with warnings.catch_warnings():
            # of damaged Exif data, or of what is seen then
            warnings.simplefilter("ignore")
            try:
                digit = read_digit(bytes(content[:place] if cut else content))
            except ValueError as error:
                assert str(error).startswith("picture ")  # noqa: PT017
            else:
                assert digit.shape == (28, 28)

    # Below twice its limit, Pillow itself only warns.
    @pytest.mark.parametrize("times", [1.5, 3])
    def test_more_pixels_than_pillows_limit(self, page, tmp_path, monkeypatch, times):
        path = saved(page, tmp_path / "bomb.png")
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(400 * 300 / times))
        with pytest.raises(
            ValueError, match=r"bomb\.png' cannot be read .*exceeds limit"
        ):
            read_digit(path)

    def test_a_bomb(self):
        # A header of 60,000 x 60,000 pixels over next to no data.
        buffer = io.BytesIO()
        Image.new("1", (8, 8)).save(buffer, "PNG")
        content = bytearray(buffer.getvalue())
        content[16:24] = (60_000).to_bytes(4, "big") * 2
        content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
        with pytest.raises(ValueError, match=r"picture cannot be read .*exceeds limit"):
            read_digit(bytes(content))
