"""Names along the axes of records, for datasets."""

from spinesim.models.anatomy import AXES, BODIES, LEVELS, LIGAMENTS, SIDES, Model
from spinesim.models.groups import REPORTED
from spinesim.models.kinematics import JOINTS
from spinesim.models.tables import contact_names

#: Axes along which every model has the same names.
FIXED = {
    "level": LEVELS, "side": SIDES, "axis": AXES, "body": BODIES, "ligament": LIGAMENTS,
    "group": REPORTED, "support": contact_names(), "contact": contact_names(), "joint": JOINTS,
    "component": ("fx", "fy", "fz", "mx", "my", "mz"),
}  # fmt: skip


def labels(model: Model) -> dict[str, tuple[str, ...]]:
    """Names along the axes of whatever is computed from `model`."""
    return FIXED | {"fascicle": model.fascicles.name}
