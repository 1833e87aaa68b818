"""From the data to the pixels of a frame: lenses, and cameras that move them."""
