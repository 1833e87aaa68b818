from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gpuanim.encode.stills import PNG
from gpuanim.errors import EncoderError, FormatError, OptionError, TargetError


def noise(spec, seed):
    n = spec.pixel_format.nbytes(spec.width, spec.height)
    return np.random.default_rng(seed).integers(0, 256, n).astype(np.uint8)


def write(path, spec, count, **options):
    with PNG(**options).open(path, spec) as writer:
        for i in range(count):
            writer.write(noise(spec, i))


@pytest.mark.parametrize("pixel_format", ["rgb24", "rgba"])
@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("%03d.png", ["000.png", "001.png", "002.png"]),
        ("f-%d.PNG", ["f-0.PNG", "f-1.PNG", "f-2.PNG"]),
        ("100%%_%05d .png", ["100%_00000 .png", "100%_00001 .png", "100%_00002 .png"]),
        ("5% %02d.png", ["5% 00.png", "5% 01.png", "5% 02.png"]),
    ],
)
def test_patterns(tmp_path, make_spec, pixel_format, pattern, names):
    spec = make_spec(pixel_format, 33, 21)
    write(tmp_path / pattern, spec, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    for i, name in enumerate(names):
        with Image.open(tmp_path / name) as image:
            expected = noise(spec, i).reshape(spec.pixel_format.shape(33, 21))
            np.testing.assert_array_equal(np.asarray(image), expected)


@pytest.mark.parametrize("n_frames", [1, None])
def test_single_picture(tmp_path, make_spec, n_frames):
    write(tmp_path / "one.png", make_spec("rgb24", n_frames=n_frames), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]


def test_single_picture_of_a_film(tmp_path, make_spec):
    with pytest.raises(FormatError, match=r"one picture, but the film has 5 frames; .*'one-%03d\.png'"):
        PNG().open(tmp_path / "one.png", make_spec("rgb24", n_frames=5))
    with pytest.raises(FormatError, match="the film has more frames"):
        write(tmp_path / "one.png", make_spec("rgb24"), 2)
    assert not list(tmp_path.iterdir())


def test_folder_is_made_and_start(tmp_path, make_spec):
    write(tmp_path / "stills" / "%d.png", make_spec("rgb24"), 40, start=7)
    names = sorted(int(path.stem) for path in (tmp_path / "stills").iterdir())
    assert names == list(range(7, 47))
    with pytest.raises(TargetError, match="does not exist"):
        PNG().open(tmp_path / "a" / "b" / "%d.png", make_spec("rgb24"))
    with pytest.raises(EncoderError, match="zero frames"):
        write(tmp_path / "other" / "%d.png", make_spec("rgb24"), 0)
    assert not (tmp_path / "other").exists()


def test_number_in_the_folder(tmp_path, make_spec):
    with pytest.raises(FormatError, match="in the file's name, not in its folder"):
        PNG().open(tmp_path / "%d" / "x.png", make_spec("rgb24"))


def test_old_pictures_stay_on_failure(tmp_path, make_spec):
    (tmp_path / "0.png").write_text("old")
    (tmp_path / "1.png").mkdir()
    with pytest.raises(TargetError, match=r"cannot be moved to .*1\.png"):
        write(tmp_path / "%d.png", make_spec("rgb24"), 3)
    assert (tmp_path / "0.png").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.png", "1.png"]


def test_first_error_of_a_thread_is_raised(tmp_path, make_spec, monkeypatch):
    def fail(*args, **options):
        raise ValueError("no such luck")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(ValueError, match="no such luck"):
        write(tmp_path / "%d.png", make_spec("rgb24"), 100)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [{"start": -1}, {"compress_level": 10}])
def test_bad_options(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        PNG(**options)
