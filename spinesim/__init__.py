"""spinesim: the muscle-driven lumbar spine, differentiable and batched."""

import os

import jax

if "JAX_ENABLE_X64" not in os.environ:
    jax.config.update("jax_enable_x64", True)
