"""The version, said once."""

__version__ = "0.5.0"
