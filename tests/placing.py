"""Bodies placed and their muscles run, each as one program: step by step they are hundreds of small ones."""

import equinox as eqx

from spinesim.models import placement
from spinesim.models.mechanics import columns, pulls

place = eqx.filter_jit(placement.place)


@eqx.filter_jit
def column(placed, translation):
    """Rows of all muscles and of the pressure, the levels shifted."""
    return columns(placed, pulls(placed, translation))
