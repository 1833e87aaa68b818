"""The interactive page: the points themselves, packed into one file and drawn by the browser's WebGL2."""
