"""Muscle groups by anatomical name, and the fascicles a name selects."""

from itertools import product

import numpy as np
from jaxtyping import Float

from spinesim._names import choose
from spinesim.models.anatomy import SIDES, Fascicles

#: Groups that are made of others, as a clinician speaks of them.
UNIONS = {
    "erector_spinae": (
        "longissimus_pars_lumborum", "longissimus_pars_thoracis",
        "iliocostalis_pars_lumborum", "iliocostalis_pars_thoracis",
    ),
    "abdominals": ("rectus_abdominis", "external_oblique", "internal_oblique", "transversus_abdominis"),
    "hip_flexors": ("psoas_major", "iliacus", "rectus_femoris", "tensor_fasciae_latae", "sartorius"),
    "iliopsoas": ("psoas_major", "iliacus"),
    "glutes": ("gluteus_maximus", "gluteus_medius", "gluteus_minimus"),
}  # fmt: skip
#: Every group name without its side: those the fascicles carry, then the unions.
GROUPS = (
    "multifidus", *UNIONS["erector_spinae"], "quadratus_lumborum", *UNIONS["abdominals"], "latissimus_dorsi",
    *UNIONS["hip_flexors"], *UNIONS["glutes"], "hamstrings", "adductors", "piriformis", *UNIONS,
)  # fmt: skip


def selectable(fascicles: tuple[str, ...]) -> tuple[str, ...]:
    """Every name that `members` takes, for `fascicles` of these names."""
    return (*GROUPS, *(f"{group}_{side}" for group, side in product(GROUPS, SIDES)), *fascicles)


def members(fascicles: Fascicles, name: str) -> tuple[bool, ...]:
    """Which fascicles `name` selects: a group (both sides), a group with `_r` or `_l`, or one fascicle."""
    choose("muscle group", name, selectable(fascicles.name))
    if name in fascicles.name:
        return tuple(own == name for own in fascicles.name)
    group, side = (name, "") if name in GROUPS else (name[:-2], name[-1])
    parts = UNIONS.get(group, (group,))
    return tuple(
        own in parts and side in ("", where)
        for own, where in zip(fascicles.group, fascicles.side, strict=True)
    )


#: Groups that results report, each with its side: those that share no fascicle.
REPORTED = tuple(f"{group}_{side}" for group in GROUPS if group not in UNIONS for side in SIDES)


def group_weights(fascicles: Fascicles) -> Float[np.ndarray, "group fascicle"]:
    """1 where a fascicle belongs to a group of REPORTED."""
    return np.array([members(fascicles, group) for group in REPORTED], float)
