"""Adaptation: the slow laws of muscle, tissue and pain, each a pure function of its state and its drive."""
