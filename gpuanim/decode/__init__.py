"""The way back: what a film file holds, its frames, and the same film in another format."""

from gpuanim.decode.conversion import Conversion, convert
from gpuanim.decode.info import FilmInfo, film_info

__all__ = ["Conversion", "FilmInfo", "convert", "film_info"]
