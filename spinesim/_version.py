"""The version, said once."""

__version__ = "0.7.1"
