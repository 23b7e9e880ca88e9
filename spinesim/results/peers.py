"""What other models say of the same tasks: shown beside the answers, never scored."""

from collections.abc import Mapping, Sequence
from math import cos, radians, sin

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
    by_hand = [(row, angle, reach) for row, (angle, reach) in BY_HAND.items() if row in measured.row]
    names = [row for row, *_ in by_hand] + [peer.id for peer in peers]
    seen = measured.sel(row=[row for row, *_ in by_hand])
    nothing = [float("nan")] * len(by_hand)
    columns = {
        "model": ["elementary hand model"] * len(by_hand)
        + [_NAMES.get(peer.source_key, peer.source_key) for peer in peers],
        "quantity": [*map(str, seen.quantity.values), *(peer.quantity for peer in peers)],
        "posture": [*map(str, seen.posture.values), *(peer.posture for peer in peers)],
        "unit": [*map(str, seen.unit.values), *(peer.unit for peer in peers)],
        "peer_value": [elementary_pressure(angle, reach) for _, angle, reach in by_hand]
        + [peer.value for peer in peers],
        "peer_low": nothing + [peer.accept_low for peer in peers],
        "peer_high": nothing + [peer.accept_high for peer in peers],
        "peer_trunk_flexion_deg": [angle for _, angle, _ in by_hand] + [peer.trunk_flexion_deg for peer in peers],
        "peer_hand_load_kg": [0.0 if reach is None else 20.0 for _, _, reach in by_hand]
        + [peer.hand_load_kg for peer in peers],
        "our_answer": [*map(float, seen.answer.values), *(answers.get(peer.id, float("nan")) for peer in peers)],
    }  # fmt: skip
    return xr.Dataset({name: ("peer", column) for name, column in columns.items()}, {"peer": names})
