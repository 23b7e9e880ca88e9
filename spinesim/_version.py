"""The version, said once."""

__version__ = "0.6.0"
