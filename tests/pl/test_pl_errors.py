"""What films of an AnnData say of wrong words, before there is a frame."""

from __future__ import annotations

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.errors import DataKeyError, FileError, OptionError, ShapeError

NOISE = np.random.default_rng(0).random((4, 700))

KEYS = [
    ({"color": "bulk_lables"}, "color: 'bulk_lables' is neither .* did you mean the column 'bulk_labels'"),
    ({"color": "CST33"}, "did you mean 'CST3'"),
    ({"color": "CST3", "layer": "square"}, "no layer 'square' .* did you mean 'squares'"),
    ({"color": "x", "gene_symbols": "mean"}, "no column 'mean' in var .* did you mean 'means'"),
    ({"color": "bulk_labels", "groups": "Dendritc"}, "did you mean 'Dendritic'"),
    ({"color": "n_genes", "mask_obs": "flg"}, "no column 'flg' in obs .* did you mean 'flag'"),
    ({"frames": "X_uamp"}, "no .* 'X_uamp' in obsm .* did you mean 'X_umap'"),
    ({"frames": ["CD3D", "CST33"]}, "no gene 'CST33' in raw .* did you mean 'CST3'"),
    ({"along": "louvian"}, "no column 'louvian' in obs .* did you mean 'louvain'"),
    ({"along": "louvain", "groups": "99"}, "no category '99'"),
]

OPTIONS = [
    ({"color": 3}, "color must be a column of obs"),
    ({"color": []}, "color is an empty list"),
    ({"color": "CST3", "layer": "squares", "use_raw": True}, "use_raw=True and layer='squares' exclude"),
    ({"groups": "1"}, "needs a color with categories"),
    ({"color": "n_genes", "groups": "1"}, "needs a color with categories"),
    ({"color": "louvain", "groups": "1", "mask_obs": "flag"}, "groups and mask_obs exclude"),
    ({"frames": ["CD3D"], "color": "louvain"}, "frames and color exclude"),
    ({"frames": ["CD3D"], "along": "louvain"}, "frames and along exclude"),
    ({"frames": ["CD3D"], "groups": "1"}, "groups and mask_obs are for color, not for frames"),
    ({"frames": []}, "no steps"),
    ({"frames": iter(NOISE)}, "read only once cannot be searched"),
    ({"along": 5}, "along must be a column of obs, not 5"),
    ({"along": "flag"}, "numbers, or of categories in the order of time"),
    ({"along": "louvain", "mask_obs": "flag"}, "mask_obs is for color"),
    ({"along": "n_genes", "n_frames": 0}, "n_frames must be a whole number"),
    ({"along": "louvain", "tween": "linear", "n_frames": 50}, "nothing lies between two categories"),
    ({"color": "phase", "palette": "Set33"}, "no colormap 'Set33'; did you mean 'Set3'"),
    ({"color": "phase", "palette": {"G1": "r", "S": "b", "G2m": "k"}}, "no colour for 'G2M'; .* 'G2m'"),
    ({"color": "phase", "palette": ["rde", "b", "k"]}, "'rde'; did you mean 'red'"),
    ({"color": "phase", "legend_loc": "on dat"}, 'did you mean "on data"'),
    ({"color": "n_genes", "legend_loc": "on dat"}, 'did you mean "on data"'),
    ({"color": "phase", "colorbar_loc": "rigth"}, 'did you mean "right"'),
    ({"color": "n_genes", "colorbar_loc": "rigth"}, 'did you mean "right"'),
    ({"color": "phase", "legend_fontweight": "bolt"}, 'did you mean "bold"'),
    ({"color": "n_genes", "cmap": "virids"}, "no colormap 'virids'; did you mean 'viridis'"),
    ({"color": "n_genes", "cmap": "viridis", "color_map": "magma"}, "cmap and color_map are the same"),
    ({"color": "phase", "na_color": "lightgrya"}, "did you mean 'lightgrey'"),
    ({"color": "n_genes", "vmin": "q5"}, 'vmin must be a percentile from "p0" to "p100"'),
    ({"color": "n_genes", "vmin": 5, "vmax": 1}, "the limits must ascend"),
    ({"color": ["n_genes", "CST3"], "vmin": [1, 2, 3]}, "vmin has 3 values for 2 panels"),
    ({"color": "n_genes", "norm": "rnk"}, 'did you mean "rank"'),
    ({"frames": NOISE, "scope": "flim"}, "scope must be"),
    ({"frames": np.ones((4, 700, 3)), "vmin": 3}, "vmin is for numbers, these values are shares"),
    ({"frames": np.ones((4, 700, 3)), "mix": "lin"}, "did you mean 'linear'"),
    ({"color": "louvain", "mix": "linear"}, "mix is for the shares of classes in frames"),
    ({"frames": "X_pca", "palette": "Set3", "mix": "linear", "vmin": 1}, "vmin is for numbers"),
    ({"frames": ["CST3"], "mix": "linear"}, "not for genes"),
    ({"color": "phase", "palette": "Set3", "size": -1}, "size must be finite"),
    ({"size": -1}, "size must be finite and not negative"),
    ({"size": 5, "spot_size": 1}, "size and spot_size exclude"),
    ({"alpha": 3}, "alpha must be above 0 and up to 1"),
    ({"color": "phase", "title": ["a", "b"]}, "title has 2 titles for 1 panels"),
    ({"color": "phase", "title": "{stp}"}, "names {stp}"),
    ({"color": "phase", "ncols": 0}, "ncols must be a whole number"),
    ({"components": "1,9"}, "components: there is no '1,9'"),
    ({"components": 3}, "components must be like '1,2'"),
    ({"dimensions": (0, 5)}, r"dimensions: there is no \[0, 5\]"),
    ({"dimensions": 3}, "dimensions must be pairs"),
    ({"dimensions": (0, 1), "components": "1,2"}, "components and dimensions exclude"),
    ({"figsize": 3}, "figsize must be"),
    ({"color": ["phase", "flag"], "figsize": 3}, "figsize must be"),
    ({"dpi": 0}, "dpi must be a positive number"),
    ({"color": "phase", "highlight": [3]}, "highlight must be a gpuanim.Highlight"),
    ({"add_outline": True, "outline_width": 3}, "outline_width must be two shares"),
    ({"add_outline": True, "outline_color": "black"}, "outline_color must be two colours"),
    ({"add_outline": True, "outline_color": ("blak", "white")}, "did you mean 'black'"),
    ({"theme": "drak"}, 'did you mean "dark"'),
    ({"aspect": "square"}, "aspect must be one of"),
]

SHAPES = [
    ({"frames": np.zeros((4, 30))}, r"shape \(4, 30\), expected \(steps, 700\)"),
    ({"frames": 3}, "values must be an array"),
    ({"frames": NOISE, "mix": "linear"}, "needs the share of each class"),
    ({"color": "n_genes", "mask_obs": np.ones(3, bool)}, r"must have shape \(700,\)"),
    ({"color": "n_genes", "mask_obs": "n_genes"}, "must be booleans"),
    ({"size": [1, 2]}, r"size must be a number or have shape \(700,\)"),
    ({"along": "nothing"}, "along holds no finite number"),
    ({"along": "no kind", "color": "CST3"}, "along holds no finite number"),
]


@pytest.fixture
def cells(adata):
    adata.obs["nothing"] = np.nan
    adata.obs["no kind"] = adata.obs["phase"].where(np.zeros(700, bool))
    return adata


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (options, error, text)
        for error, cases in ((DataKeyError, KEYS), (OptionError, OPTIONS), (ShapeError, SHAPES))
        for options, text in cases
    ],
)
def test_wrong_words(cells, options, error, text):
    before = set(cells.uns)
    with pytest.raises(error, match=text):
        ga.pl.umap(cells, **options)
    assert set(cells.uns) == before


def test_what_is_read_once_cannot_fill_two_panels(cells):
    with pytest.raises(OptionError, match="read only once cannot fill several panels"):
        ga.pl.pca(cells, frames=iter(NOISE), vmin=0, vmax=1, dimensions=[(0, 1), (1, 2)])


def test_wrong_bases_and_files(cells, tmp_path):
    for basis in ("umpa", "X_umpa"):
        with pytest.raises(DataKeyError, match=f"no embedding '{basis}' in obsm .* did you mean 'X_umap'"):
            ga.pl.embedding(cells, basis)
    with pytest.raises(OptionError, match="basis must be a key of obsm"):
        ga.pl.embedding(cells, None)
    with pytest.raises(DataKeyError, match="no embedding 'tsne'"):
        ga.pl.tsne(cells)
    with pytest.raises(OptionError, match="expected an AnnData"):
        ga.pl.umap(np.zeros((3, 2)))
    with pytest.raises(FileError, match=r"nothing\.h5ad: no such file"):
        ga.pl.umap(tmp_path / "nothing.h5ad")


def test_wrong_tissues(cells):
    with pytest.raises(DataKeyError, match="no embedding 'spatial'"):
        ga.pl.spatial(cells)
    cells.obsm["spatial"] = cells.obsm["X_umap"]
    cells.uns["spatial"] = {name: {"scalefactors": {"spot_diameter_fullres": 1.0}} for name in ("a", "b")}
    with pytest.raises(OptionError, match="several libraries"):
        ga.pl.spatial(cells)
    with pytest.raises(DataKeyError, match="no library 'c'"):
        ga.pl.spatial(cells, library_id="c")
    assert ga.pl.spatial(cells, library_id="b", y_down=False).n_frames == 1


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"show": False}, "a film is shown by the last line of a notebook"),
        ({"save": "x.png"}, r"written by its save\("),
        ({"colour": "louvain"}, "no option 'colour'; did you mean 'color'"),
        ({"edges": True}, "edges of the graph are not drawn"),
    ],
)
def test_options_of_scanpy_that_films_do_not_have(pbmc68k, option, message):
    with pytest.raises(OptionError, match=message):
        ga.pl.umap(pbmc68k, color="louvain", **option)
