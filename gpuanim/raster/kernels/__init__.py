"""Numba kernels of the `cpu` renderer: free functions over preallocated arrays."""
