"""The `cuda` renderer: the compositing operator built and applied by kernels."""
