"""Imbalances: what is short, weak, inhibited, worn or lax in a body, by name, and that body.

An imbalance is a pure transform of the model. What each number does:

tight       fibre and tendon are shorter by this fraction; `passive_hip_moment` says what that means in
            N m about the hip.
weak        this fraction of the active strength is gone; the passive force stays, a weak muscle is not a
            slack one.
inhibited   this fraction of the motor units is out of reach: the cap falls by it, and the price rises so
            that the same demand finds this fraction less activation (Effort of power 2).
fatigued    this fraction of the motor units is fatigued (M_F of the three-compartment model of Xia and
            Frey-Law 2008, J Biomech 41:3046): a static model has no time, so the endurance reserve that
            was lost is a cap on what can still be held; what is left costs what it did.
short_leg   femur, shank and foot scaled to be shorter by so many millimetres together, their muscles grown
            with them. Whether the pelvis drops or the other knee bends is the posture's to say.
innominate  one half of the pelvis turned forward against the sacrum about the sacroiliac joints, its
            hip and its muscle attachments with it; +-10 degrees, real joints turn 2 (Sturesson 1989).
degenerated this fraction of a disc's remaining health is gone (`disc.degenerated`).
dried       this fraction of a disc's fluid is gone.
lax         ligaments are longer at rest by this fraction, as after creep or a sprain.

Fractions lost are of what is left, so imbalances compose in any order.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import reduce
from math import pi
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from spinesim._names import choose
from spinesim._numbers import Number, number
from spinesim._record import Record, is_concrete, quantity
from spinesim.models.anatomy import LEVELS, LIGAMENTS, SIDES, Fascicles, Ligaments, Model
from spinesim.models.groups import members, selectable
from spinesim.models.impairment import Impairment
from spinesim.models.tables import load

#: One number for each named part of the body.
Parts = dict[str, Float[Array, "..."]]
Given = Mapping[str, Number] | None

_LIGAMENT_NAMES = (
    *LIGAMENTS, *LEVELS, *(f"{ligament}_{level}" for ligament in LIGAMENTS for level in LEVELS)
)  # fmt: skip
_MUSCLES = ("tight", "weak", "inhibited", "fatigued")
#: What the parts of each kind are, their names (those of muscles are in the tables), and the range.
_KINDS: dict[str, tuple[str, tuple[str, ...], float, float]] = {
    "tight": ("muscle group", (), 0.0, 0.4),
    "weak": ("muscle group", (), 0.0, 1.0),
    "inhibited": ("muscle group", (), 0.0, 1.0),
    "fatigued": ("muscle group", (), 0.0, 1.0),
    "short_leg_mm": ("side", SIDES, 0.0, 60.0),
    "innominate_deg": ("side", SIDES, -10.0, 10.0),
    "degenerated": ("level", LEVELS, 0.0, 1.0),
    "dried": ("level", LEVELS, 0.0, 0.3),
    "lax": ("ligament", _LIGAMENT_NAMES, 0.0, 0.3),
}


class Imbalance(Record):
    """What is out of balance, each number by the name of the part it belongs to.

    Args:
        tight: fraction of length lost by muscle group or fascicle, 0 to 0.4. Groups are those of
            `GROUPS`, with `_r` or `_l` for one side.
        weak: fraction of strength lost by group or fascicle, 0 to 1.
        inhibited: fraction of motor units out of reach by group or fascicle, 0 to 1.
        fatigued: fraction of motor units fatigued by group or fascicle, 0 to 1.
        short_leg_mm: by which the leg "r" or "l" is shorter, 0 to 60.
        innominate_deg: forward turn of the pelvic half "r" or "l", -10 to 10.
        degenerated: fraction of health lost by level, 0 to 1.
        dried: fraction of fluid lost by level, 0 to 0.3.
        lax: fraction of length gained by ligament ("FC"), level ("L4L5": all its ligaments) or both
            ("FC_L4L5"), 0 to 0.3.

    Example:
        >>> Imbalance(tight={"iliopsoas": 0.04}, weak={"gluteus_maximus_l": 0.4}).scaled(0.5)
    """

    tight: Parts = quantity("1")
    weak: Parts = quantity("1")
    inhibited: Parts = quantity("1")
    fatigued: Parts = quantity("1")
    short_leg_mm: Parts = quantity("mm")
    innominate_deg: Parts = quantity("degree")
    degenerated: Parts = quantity("1")
    dried: Parts = quantity("1")
    lax: Parts = quantity("1")

    def __init__(
        self,
        tight: Given = None,
        weak: Given = None,
        inhibited: Given = None,
        fatigued: Given = None,
        short_leg_mm: Given = None,
        innominate_deg: Given = None,
        degenerated: Given = None,
        dried: Given = None,
        lax: Given = None,
    ):
        self.tight = _parts("tight", tight)
        self.weak = _parts("weak", weak)
        self.inhibited = _parts("inhibited", inhibited)
        self.fatigued = _parts("fatigued", fatigued)
        self.short_leg_mm = _parts("short_leg_mm", short_leg_mm)
        self.innominate_deg = _parts("innominate_deg", innominate_deg)
        self.degenerated = _parts("degenerated", degenerated)
        self.dried = _parts("dried", dried)
        self.lax = _parts("lax", lax)

    def __repr__(self) -> str:
        """What is out of balance, with its numbers where they are known; the rest is as it should be."""
        if not is_concrete(self):
            return super().__repr__()
        said = (f"{kind}={_plain(parts)}" for kind, parts in _kinds(self).items() if parts)
        return f"Imbalance({', '.join(said)})"

    def scaled(self, severity: Number) -> "Imbalance":
        """The same imbalance at a `severity` from 0 (none: the healthy body, exactly) to 1 (this one)."""
        share = number("severity", severity, 0.0, 1.0)
        return jax.tree.map(lambda value: share * value, self)

    def mirrored(self) -> "Imbalance":
        """Left for right."""
        return Imbalance(**{
            kind: {_other_side(name): value for name, value in parts.items()}
            for kind, parts in _kinds(self).items()
        })  # fmt: skip

    def combine(self, *others: "Imbalance") -> "Imbalance":
        """All of them at once, in any order."""
        return reduce(Imbalance.__add__, others, self)

    def __add__(self, other: "Imbalance") -> "Imbalance":
        mine, theirs = _kinds(self), _kinds(other)
        return Imbalance(**{kind: _together(kind, mine[kind], theirs[kind]) for kind in _KINDS})

    def apply(self, model: Model) -> Model:
        """`model` with this imbalance; differentiable, and batched by `jax.vmap`."""
        return self.impairment(model).apply(model)

    def impairment(self, model: Model) -> Impairment:
        """What this imbalance means for every fascicle, leg, level and ligament of `model`."""
        fascicles = model.fascicles
        return Impairment(
            length=_left(fascicles, self.tight),
            strength=_left(fascicles, self.weak),
            drive=_left(fascicles, self.inhibited),
            endurance=_left(fascicles, self.fatigued),
            short_leg=_each(SIDES, self.short_leg_mm) * 1e-3,
            innominate=_each(SIDES, self.innominate_deg) * (pi / 180),
            worn=_each(LEVELS, self.degenerated),
            fluid=1 - _each(LEVELS, self.dried),
            slack=_slack(model.ligaments, self.lax),
        )


def _plain(parts: Parts) -> dict[str, Any]:
    """Numbers by name as a person would write them."""
    return {name: np.asarray(value).tolist() for name, value in parts.items()}


def _kinds(imbalance: Imbalance) -> dict[str, Parts]:
    return {field.name: getattr(imbalance, field.name) for field in fields(imbalance)}


def _parts(kind: str, given: Given) -> Parts:
    """Numbers of one kind by valid name."""
    if not isinstance(given, Mapping | None):
        raise ValueError(f"{kind} must give numbers by name, as in {{'part': 0.1}}, not {given!r}")
    what, names, low, high = _KINDS[kind]
    valid = selectable(load("fascicles").names("fascicle")) if kind in _MUSCLES else names
    return {
        choose(what, name, valid, kind): number(f"{kind} {name!r}", value, low, high)
        for name, value in (given or {}).items()
    }


def _together(kind: str, one: Parts, other: Parts) -> Parts:
    """Losses are of what is left and gains of what is there; millimetres and degrees add up."""
    zero = jnp.zeros(())

    def both(a: Float[Array, "..."], b: Float[Array, "..."]) -> Float[Array, "..."]:
        if kind in ("short_leg_mm", "innominate_deg"):
            return a + b
        return a + b + a * b if kind == "lax" else a + b - a * b

    return {name: both(one.get(name, zero), other.get(name, zero)) for name in one | other}


def _other_side(name: str) -> str:
    if name in SIDES:
        return SIDES[1 - SIDES.index(name)]
    swap = {"_r": "_l", "_l": "_r"}
    return name[:-2] + swap.get(name[-2:], name[-2:])


def _left(fascicles: Fascicles, lost: Parts) -> Float[Array, "fascicle"]:
    """Fraction left of every fascicle; one that several names select loses to each."""
    left = jnp.ones_like(fascicles.max_force)
    for name, fraction in lost.items():
        left = jnp.where(np.array(members(fascicles, name)), left * (1 - fraction), left)
    return left


def _each(names: tuple[str, ...], parts: Parts) -> Float[Array, "part"]:
    """Numbers in the order of `names`, 0 where none is given."""
    return jnp.stack([parts.get(name, jnp.zeros(())) for name in names])


def _slack(ligaments: Ligaments, lax: Parts) -> Float[Array, "level strand"]:
    """Slack length over the usual one of every strand."""
    slack = jnp.ones_like(ligaments.slack_length)
    for name, gained in lax.items():
        slack = jnp.where(_strands(ligaments, name), slack * (1 + gained), slack)
    return slack


def _strands(ligaments: Ligaments, name: str) -> Bool[np.ndarray, "level strand"]:
    """Which strands a ligament, a level or `ligament_level` means."""
    wanted = set(name.split("_"))
    level = wanted & set(LEVELS) or set(LEVELS)
    ligament = wanted & set(LIGAMENTS) or set(LIGAMENTS)
    return np.outer([own in level for own in LEVELS], [own in ligament for own in ligaments.ligament])
