"""The `opengl` renderer: draws every point of every frame, on any GPU that has OpenGL 3.3, or in software."""
