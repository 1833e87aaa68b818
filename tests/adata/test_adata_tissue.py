"""Libraries of `uns["spatial"]`: which one, its picture and its scales."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from gpuanim.adata import open_cells
from gpuanim.adata.tissue import open_library
from gpuanim.errors import DataKeyError, OptionError

HIRES = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def visium(*libraries):
    factors = {"spot_diameter_fullres": 89.5, "tissue_hires_scalef": 0.5, "tissue_lowres_scalef": 0.125}
    images = {"hires": HIRES, "lowres": HIRES[:1, :2]}
    uns = {"spatial": {name: {"scalefactors": factors, "images": images} for name in libraries}}
    return AnnData(obs=pd.DataFrame(index=list("ab")), uns=uns)


@pytest.fixture(params=["memory", "file"])
def cells(request, tmp_path, quietly):
    data = visium("V1")
    if request.param == "file":
        quietly(data.write_h5ad, tmp_path / "visium.h5ad")
        data = tmp_path / "visium.h5ad"
    with open_cells(data) as opened:
        yield opened


def test_what_a_library_tells(cells):
    for library in (open_library(cells), open_library(cells, "V1")):
        assert library.spot_diameter() == 89.5
        image, scale = library.picture()
        np.testing.assert_array_equal(image, HIRES)
        assert scale == 0.5
        assert library.picture("lowres")[1] == 0.125
        assert library.picture(scale_factor=3.0)[1] == 3.0
        assert library.picture(None) is None


def test_a_picture_of_ones_own(cells):
    own = np.zeros((3, 3))
    library = open_library(cells)
    assert library.picture(img=own)[1] == 1.0
    assert library.picture("hires", own)[1] == 0.5
    assert open_library(cells, None).picture(img=own, scale_factor=2.0)[1] == 2.0


def test_grey_as_scanpy_has_it(cells):
    gray, _ = open_library(cells).picture(bw=True)
    np.testing.assert_allclose(gray, np.dot(HIRES[..., :3], [0.2989, 0.5870, 0.1140]))


def test_wrong_names(cells):
    with pytest.raises(DataKeyError, match=r"no library 'v1' in .*; did you mean 'V1'"):
        open_library(cells, "v1")
    with pytest.raises(DataKeyError, match=r"no image 'hire' in uns\['spatial'\].*; did you mean 'hires'"):
        open_library(cells).picture("hire")


def test_several_libraries_and_none():
    with open_cells(visium("V1", "V2")) as several:
        with pytest.raises(OptionError, match=r"several .*'V1', 'V2'"):
            open_library(several)
        assert open_library(several, "V2").name == "V2"
        assert open_library(several, None).picture() is None
    with open_cells(visium()) as nothing:
        library = open_library(nothing)
        assert (library.name, library.spot_diameter(), library.picture()) == (None, None, None)
    bare = AnnData(obs=pd.DataFrame(index=["a"]), uns={"spatial": {"V1": {"images": {"hires": HIRES}}}})
    with open_cells(bare) as cells:
        library = open_library(cells)
        with pytest.raises(DataKeyError, match="has no 'spot_diameter_fullres': give spot_size"):
            library.spot_diameter()
        with pytest.raises(DataKeyError, match="has no 'tissue_hires_scalef': give scale_factor"):
            library.picture()
