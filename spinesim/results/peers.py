"""What other models say of the same tasks: shown beside the answers, never scored."""

from collections.abc import Mapping, Sequence
from math import cos, nan, radians, sin

import xarray as xr

from spinesim.validation.targets import Target

#: The elementary hand model: weight of the trunk and of the load [N], lever of its one extensor, of the
#: trunk's weight upright and along the trunk [m], and what turns a force into a pressure [m^2].
TRUNK, LOAD, EXTENSOR = 378.0, 196.0, 0.060
UPRIGHT, ALONG, PRESSED = 0.020, 0.300, 0.66 * 18e-4
#: Postures of the hand model by row: inclination [deg], and reach of the load [m] or none.
BY_HAND = {
    "idp_w_stand": (0.0, None), "idp_w_stand_flex": (36.0, None),
    "idp_w_lift20_round": (70.0, 0.5), "idp_w_hold20_close": (0.0, 0.2),
}  # fmt: skip
COLUMNS = (
    "model", "quantity", "posture", "unit", "peer_value", "peer_low", "peer_high", "peer_trunk_flexion_deg",
    "peer_hand_load_kg", "our_answer",
)  # fmt: skip
_NAMES = {
    "arjmand2006": "Arjmand 2006, kinematics-driven FE", "tafazzol2014": "Tafazzol 2014",
    "dreischarf2014": "eight FE models, Dreischarf 2014", "peer_range": "AnyBody, OpenSim and FE models",
}  # fmt: skip


def elementary_pressure(inclination_deg: float, reach: float | None = None) -> float:
    """Pressure of a one-muscle trunk at an inclination, with a load at `reach` [m] or none [MPa].

    One extensor balances the weight of the trunk and 20 kg in the hands; the disc carries all of it.
    """
    angle, load = radians(inclination_deg), 0.0 if reach is None else LOAD
    moment = TRUNK * (UPRIGHT + ALONG * sin(angle)) + load * (reach or 0.0)
    return (moment / EXTENSOR + (TRUNK + load) * cos(angle)) / PRESSED / 1e6


def peer_table(peers: Sequence[Target], measured: xr.Dataset, answers: Mapping[str, float]) -> xr.Dataset:
    """Other models' answers with ours to the same task, the hand model's first; `measured` is the scoreboard.

    Their `low` and `high` are the bands of plausibility that the table gives; the hand model has none.
    """
    by_hand = [name for name in BY_HAND if name in measured.row]
    seen = measured.sel(row=by_hand)
    ours = [{
        "model": "elementary hand model", "quantity": str(at.quantity.item()),
        "posture": str(at.posture.item()), "unit": str(at.unit.item()),
        "peer_value": elementary_pressure(*BY_HAND[name]), "peer_low": nan, "peer_high": nan,
        "peer_trunk_flexion_deg": BY_HAND[name][0],
        "peer_hand_load_kg": 0.0 if BY_HAND[name][1] is None else 20.0, "our_answer": float(at.answer),
    } for name, at in zip(by_hand, (seen.isel(row=i) for i in range(len(by_hand))), strict=True)]  # fmt: skip
    others = [{
        "model": _NAMES.get(peer.source_key, peer.source_key), "quantity": peer.quantity,
        "posture": peer.posture, "unit": peer.unit, "peer_value": peer.value, "peer_low": peer.accept_low,
        "peer_high": peer.accept_high, "peer_trunk_flexion_deg": peer.trunk_flexion_deg,
        "peer_hand_load_kg": peer.hand_load_kg, "our_answer": answers.get(peer.id, nan),
    } for peer in peers]  # fmt: skip
    columns = {name: ("peer", [row[name] for row in [*ours, *others]]) for name in COLUMNS}
    return xr.Dataset(columns, {"peer": [*by_hand, *(peer.id for peer in peers)]})
