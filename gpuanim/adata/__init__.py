"""The single-cell way in: what a film needs from an AnnData, in memory or in a file, and nothing else."""

from gpuanim.adata.cells import Categories, Cells, ObsmSource, open_cells

__all__ = ["Categories", "Cells", "ObsmSource", "open_cells"]
