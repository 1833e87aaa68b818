"""Films of values that change over a million-point embedding."""

__version__ = "0.1.0"
