"""Our muscle paths against OpenSim: the same bodies, joints, points and surfaces, built by its API.

Everything of the default model that both engines can state is compared: the spine, the hips, the
knees, all path points, all cylinders and spheres (OpenSim always takes the shorter way round, so
postures stay where that is ours).
"""

import jax
import jax.numpy as jnp
import numpy as np
import opensim as osim
import pytest
from scipy.spatial.transform import Rotation

from spinesim.models.anatomy import BODIES, PARENTS
from spinesim.models.build import lumbar_model
from tests.joint_angles import N_ANGLES, hip, knee, level, path_lengths

pytestmark = pytest.mark.peers

MODEL = lumbar_model()
JOINED = tuple(b for b in range(1, len(BODIES)) if BODIES[b][:2] in ("L1", "L2", "L3", "L4", "L5", "fe", "sh", "th"))
