"""Films of tissues: the picture below the spots is scanpy's, drawn once, and wrong words are named."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from skimage.metrics import structural_similarity

import gpuanim as ga
from gpuanim.errors import DataKeyError, OptionError, ShapeError

SCALE = 0.12
LOOK = {"figsize": (2.5, 2), "dpi": 60, "theme": "light", "legend_loc": None, "colorbar_loc": None}


def made_image(height=300, width=240):
    y, x = np.mgrid[:height, :width]
    channels = (
        200 + 40 * np.sin(x / 17) * np.cos(y / 23),
        150 + 60 * np.sin((x + y) / 31),
        190 + 50 * np.cos(np.hypot(x - 120, y - 150) / 19),
    )
    return np.stack(channels, -1).clip(0, 255).astype(np.uint8)


@pytest.fixture
def tissue(pbmc68k):
    """Return real cells as the spots of a Visium slide."""
    made = pbmc68k.copy()
    column, row = np.arange(made.n_obs) % 25, np.arange(made.n_obs) // 25
    made.obsm["spatial"] = np.stack([200 + 62.0 * column + 31 * (row % 2), 300 + 70.0 * row], 1)
    made.obs["partly"] = made.obs["louvain"].where(np.arange(made.n_obs) % 4 > 0)
    image = made_image()
    factors = {
        "tissue_hires_scalef": SCALE, "tissue_lowres_scalef": SCALE / 3, "spot_diameter_fullres": 48.0,
    }  # fmt: skip
    images = {"hires": image, "lowres": image[::3, ::3].astype(np.float32) / 255}
    made.uns["spatial"] = {"V1": {"images": images, "scalefactors": factors}}
    return made


def picture(film, panel=0):
    return film._film.stage.panels[panel].picture


def clip(film):
    """Return the pixels of the axes."""
    from gpuanim.film import Fits, Timings
    from gpuanim.frames import PixelFormat

    fits = Fits(film._film, Timings())
    return film._plan((PixelFormat.RGB24,), fits).panels[0].view.clip


CASES = {
    "categories": {"color": "bulk_labels"},
    "a gene": {"color": "CST3", "vmax": "p99"},
    "no color": {"color": None},
    "groups": {"color": "louvain", "groups": ["1", "2"]},
    "missing categories": {"color": "partly"},
    "missing categories in a colour": {"color": "partly", "na_color": "black"},
    "low resolution": {"color": "CST3", "img_key": "lowres"},
    "no picture": {"color": "CST3", "img_key": None},
    "a part, grey, pale, large spots": {
        "color": "CST3", "crop_coord": (300, 1200, 400, 1500), "bw": True, "alpha_img": 0.5, "size": 1.3,
    },
    "another picture": {
        "color": "CST3", "img_key": None, "scale_factor": 0.1, "spot_size": 60, "img": made_image()[::-1],
    },
}  # fmt: skip


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_a_picture_is_scanpys(tissue, told, theirs_on_tissue, options):
    ax = theirs_on_tissue(tissue, **options)
    film = ga.pl.spatial(tissue, **options, dpi=100)
    view = told(film).view
    scale = SCALE / 3 if options.get("img_key") == "lowres" else options.get("scale_factor", SCALE)
    scale = 1.0 if options.get("img_key", "") is None and "img" not in options else scale
    pixel = abs(view.xlim[1] - view.xlim[0]) / view.box[2]  # boxes have whole pixels
    assert np.allclose(view.xlim, np.divide(ax.get_xlim(), scale), rtol=0, atol=2 * pixel)
    assert np.allclose(view.ylim, np.divide(ax.get_ylim(), scale), rtol=0, atol=2 * pixel)
    left, top, right, bottom = view.clip
    ours = film.frame(0)[top:bottom, left:right]
    reference = pixels(ax, view.box)[top:bottom, left:right]
    assert similarity(ours, reference) >= 0.97
    assert (
        np.abs(ours.astype(int) - reference).mean() < 4
    )  # of 255: colours too, but for edges of spots that lie up to half a pixel apart


def pixels(ax, box):
    """Return scanpy's figure with the axes at a box of pixels from the upper left corner."""
    canvas = ax.figure.canvas
    for bar in (other for other in ax.figure.axes if other is not ax):
        bar.set_visible(False)
    width, height = canvas.get_width_height()
    left, top, w, h = box
    ax.set_position((left / width, 1 - (top + h) / height, w / width, h / height))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def similarity(one, other):
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return structural_similarity(
        one @ weights, other @ weights, data_range=255, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip


@pytest.fixture
def theirs_on_tissue():
    """Return a function that draws with `scanpy.pl.spatial`."""
    import matplotlib.pyplot as plt
    import scanpy as sc

    def draw(adata, **options):
        with plt.rc_context({"backend": "agg", "figure.dpi": 100}), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is deprecated for squidpy's
            figure = sc.pl.spatial(adata.copy(), return_fig=True, show=False, **options)
            figure.canvas.draw()
        return figure.axes[0]

    yield draw
    plt.close("all")


def test_the_first_pixel_lies_at_the_origin(tissue):
    image = np.full((4, 3, 3), 255, np.uint8)
    image[0, 0] = (255, 0, 0)
    film = ga.pl.spatial(tissue, img=image, scale_factor=0.01, crop_coord=(-50, 250, -50, 350), **LOOK)
    assert picture(film).extent == pytest.approx((-50, 250, 350, -50))
    left, top, right, bottom = clip(film)
    frame = film.frame(0)[top:bottom, left:right]
    red = (frame == (255, 0, 0)).all(-1)
    wide, high = (right - left) / 3, (bottom - top) / 4
    inner = red[3 : int(high) - 3, 3 : int(wide) - 3]
    assert inner.all()
    assert not red[int(high) + 3 :].any()
    assert not red[:, int(wide) + 3 :].any()


def test_frames_of_genes_lie_over_one_picture(tissue):
    film = ga.pl.spatial(tissue, frames=["CD3D", "CST3"], sort_order=False, fps=1, **LOOK)
    one, other = film.frames()
    bare = ga.pl.spatial(tissue, **LOOK, title=" ").frame(0)
    same = (one == bare).all(-1) & (other == bare).all(-1)
    assert same.mean() > 0.5
    assert (one != other).any()
    assert all(cloud.still for cloud in film._film.clouds)  # the operator of standing points draws it


def test_spots_light_up_over_the_picture(tissue):
    film = ga.pl.spatial(tissue, along="n_genes", n_frames=5, title=" ", frameon=False, **LOOK)
    bare = ga.pl.spatial(tissue, title=" ", frameon=False, **LOOK).frame(0)
    covered = [(frame != bare).any(-1).mean() for frame in film.frames()]
    assert 0 < covered[0] < 0.02
    assert all(a < b for a, b in pairwise(covered))
    gray = ga.pl.spatial(
        tissue, along="n_genes", n_frames=5, title=" ", frameon=False, na_color="lightgray", **LOOK
    )
    assert (gray.frame(0) != bare).any(-1).mean() > 0.2


def test_groups_one_after_the_other_with_a_legend(tissue):
    film = ga.pl.spatial(tissue, along="louvain", groups=["1", "4"], **LOOK | {"legend_loc": "right margin"})
    assert not film._film.stage.panels[0].key.has_na
    one, other = (np.array(frame) for frame in film.frames())
    assert (one != other).any()


@pytest.mark.parametrize("options", [{"add_outline": True}, {"blend": "mean"}])
def test_spots_that_cannot_be_left_out_are_grey(tissue, options):
    film = ga.pl.spatial(tissue, along="n_genes", n_frames=2, **options, **LOOK)
    assert film._film.clouds[0].present is None
    assert film._film.clouds[0].table[256].tolist() == [211, 211, 211]
    film.frame(0)


def test_automatic_opacity_and_missing_values(tissue):
    film = ga.pl.spatial(tissue, color="partly", alpha="auto", **LOOK)
    assert 0.5 < film._film.clouds[0].present.step(0).mean() < 1
    film.frame(0)


def test_panels_have_the_picture_each(tissue):
    film = ga.pl.spatial(tissue, color=["CST3", "louvain"], **LOOK)
    assert picture(film, 0) is picture(film, 1) is not None
    side = ga.panels([ga.pl.spatial(tissue, color="CST3", **LOOK), ga.pl.umap(tissue, color="CST3", **LOOK)])
    kinds = [panel.picture is None for panel in side._film.stage.panels]
    assert kinds == [False, True]
    side.frame(0)


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_files_have_the_picture_of_memory(tissue, tmp_path, suffix):
    path = tmp_path / f"tissue.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(tissue.copy(), f"write_{suffix}")(path)
    here, there = (ga.pl.spatial(data, color="louvain", **LOOK).frame(0) for data in (tissue, path))
    np.testing.assert_array_equal(here, there)
    np.testing.assert_array_equal(here, ga.pl.spatial(tissue[:], color="louvain", **LOOK).frame(0))


def test_axes_have_the_shape_of_the_tissue(tissue):
    film = ga.pl.spatial(tissue, color="CST3", **LOOK)
    left, top, right, bottom = clip(film)
    reach = np.ptp(tissue.obsm["spatial"], axis=0) + 48
    assert (right - left) / (bottom - top) == pytest.approx(reach[0] / reach[1], rel=0.02)
    assert film._film.stage.panels[0].limits.aspect == "box"


def test_a_tissue_without_a_picture(tissue, pbmc68k):
    del tissue.uns["spatial"]["V1"]["images"]
    film = ga.pl.spatial(tissue, color="partly", **LOOK)
    assert picture(film) is None
    assert film._film.clouds[0].table[-1].tolist() == [211, 211, 211]
    del tissue.uns["spatial"]
    assert ga.pl.spatial(tissue, **LOOK)._film.clouds[0].dots.spot is None
    assert ga.pl.spatial(tissue, spot_size=30, size=2, **LOOK)._film.clouds[0].dots.spot == 60
    with pytest.raises(OptionError, match="size is a multiple of the diameter of spots"):
        ga.pl.spatial(tissue, size=2)
    moving = ga.pl.spatial(tissue, camera=ga.Shot.all(), n_frames=2, **LOOK)
    assert moving._film.stage.panels[0].carried


WRONG = [
    ({"library_id": "v1"}, DataKeyError, "no library 'v1' .*; did you mean 'V1'.; there are 'V1'"),
    ({"img_key": "hi_res"}, DataKeyError, "no image 'hi_res' in .*; did you mean 'hires'.; there are"),
    ({"library_id": None, "img_key": "hires"}, DataKeyError, "img_key='hires' needs a library"),
    (
        {"img": np.zeros((2, 2, 3)), "img_key": "lo"},
        DataKeyError,
        "has no 'tissue_lo_scalef': give scale_fac",
    ),
    ({"img": np.zeros((2, 2, 5))}, ShapeError, r"img must have shape \(h, w\), .* not \(2, 2, 5\)"),
    ({"img": np.zeros((2, 2, 3), np.uint16)}, OptionError, "img must be uint8, or floats 0..1, not uint16"),
    ({"scale_factor": 0}, OptionError, "scale_factor must be a number above 0"),
    ({"alpha_img": 2}, OptionError, "alpha_img must be a number above 0 and up to 1"),
    ({"size": -1}, OptionError, "size must be a positive number"),
    ({"spot_size": "big"}, OptionError, "spot_size must be a positive number"),
    ({"crop_coord": (1, 2, 3)}, OptionError, r"crop_coord must be \(left, right, top, bottom\)"),
    ({"crop_coord": (1, 1, 3, 4)}, OptionError, r"crop_coord must be .* not \(1, 1, 3, 4\)"),
    ({"crop_coord": (1, 2, 3, np.nan)}, OptionError, "four finite numbers"),
    ({"camera": ga.Shot.all()}, OptionError, "does not follow a camera: give img_key=None"),
    ({"img_ky": "hires"}, OptionError, "there is no option 'img_ky'; did you mean 'img_key'"),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG)
def test_wrong_words(tissue, options, error, message):
    with pytest.raises(error, match=message):
        ga.pl.spatial(tissue, **options)


def test_other_images_than_the_usual_ones_are_named(tissue):
    images = tissue.uns["spatial"]["V1"]["images"]
    images["aligned"] = images.pop("hires")
    del images["lowres"]
    with pytest.raises(DataKeyError, match=r"neither 'hires' nor 'lowres' in .*; there are 'aligned'"):
        ga.pl.spatial(tissue)


def test_a_transparent_film_cannot_have_a_picture(tissue):
    with pytest.raises(OptionError, match="such as a grid or a picture: give a background"):
        ga.pl.spatial(tissue, background=None, **LOOK).frame(0)
