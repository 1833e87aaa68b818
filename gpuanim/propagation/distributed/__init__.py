"""Propagation over rows in blocks, one on each worker of a Dask cluster.

The rows are cut along the locality order into blocks of equally many entries. At each step a worker sends
each of the others the values at the boundary that this one needs, and nothing else; F comes to the caller.
Dask starts the members, carries what they say, and tells when one is lost.
"""

from gpuanim.propagation.distributed.product import ClusterProduct

__all__ = ["ClusterProduct"]
