"""The single-cell way in: what a film needs from an AnnData, in memory or in a file, and nothing else."""

from gpuanim.adata.cells import Cells, ObsmSource, open_cells
from gpuanim.adata.store import Categories, as_labels

__all__ = ["Categories", "Cells", "ObsmSource", "as_labels", "open_cells"]
