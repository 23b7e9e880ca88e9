"""spinesim: the muscle-driven lumbar spine, differentiable and batched.

The public names are those of `__init__.pyi`; each is loaded when it is first used.
"""

import lazy_loader

from spinesim._jax import set_defaults

set_defaults()
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
