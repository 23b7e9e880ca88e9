"""Strength and trunk under the draws: whole searches at the ends of each parameter, and what lies between."""

from collections.abc import Callable, Mapping

import numpy as np

from spinesim.solvers.recruitment import Effort
from spinesim.validation import strength, trunk
from spinesim.validation.people import person, stacked, taken
from spinesim.validation.sampled import Draws, PerDraw, at, bodies, table

#: Parameters of the body at whose ends strength and trunk are sought, and the categories of their rows. The
#: exponent shares the work out in another way, so that it moves the trunk, but no strength.
SEARCHED = ("specific_tension", "body_mass", "short_range_stiffness")
EXPONENT = "cost_exponent"
SEARCHING = ("6_strength_kinematics", "7_iap", "7_stability")

#: Answers of strength and trunk at the lower and at the upper end of a parameter.
Searched = dict[str, list[dict[str, float]]]


def responses(drawn: Draws, answers: Mapping[str, float], seen: Searched) -> dict[str, PerDraw]:
    """Answers under every draw, by the response to each parameter's ends.

    The parts of positive answers multiply, those of others add up. A row follows the parameters at whose ends
    it was sought.
    """
    low, high, middle = table().numbers("low", "high", "middle").T
    kinds, found = table().words("kind"), {}
    for row in {name for pair in seen.values() for name in pair[0]}.intersection(answers):
        own = {name: (pair[0][row], pair[1][row]) for name, pair in seen.items() if row in pair[0]}
        usual, moved = answers[row], np.zeros(len(drawn))
        positive = usual > 0 and min(min(pair) for pair in own.values()) > 0
        tone, back = (np.log, np.exp) if positive else (np.asarray, np.asarray)
        for name, (below, above) in own.items():
            which = at(name)
            scale = np.log if kinds[which] == "logarithm" else np.asarray
            change = tone(np.array([below, usual, above])) - tone(usual)
            axis = scale(np.array([low[which], middle[which], high[which]]))
            moved = moved + np.interp(scale(drawn[:, which]), axis, change)
        found[row] = back(tone(usual) + moved)
    return found


def searched(answers: Mapping[str, float], tell: Callable[[float], None]) -> Searched:
    """Strength and trunk at the ends of every parameter; all strengths are sought together.

    Args:
        answers: those with every parameter in its middle, which is the lower end of the exponent.
        tell: hears how much of the work is done (0 to 1).
    """
    points = np.concatenate([_ends(name) for name in SEARCHED])
    altered = {who: bodies(stacked([person(who)] * len(points)), points) for who in ("man", "woman")}
    efforts = strength.UPRIGHT + strength.INCLINED
    models = [taken(altered[effort.who], i) for i in range(len(points)) for effort in efforts]
    moments = strength.greatest_moments(efforts * len(points), models).reshape(len(points), -1)
    found = []
    for i in range(len(points)):
        tell((i + 1) / (len(points) + 2))
        found.append(strength.answers(moments[i]) | trunk.answers(taken(altered["man"], i)))
    cubed = trunk.answers(person("man"), coactivation=False, objective=Effort(power=3))
    kept = [{row: each[row] for row in cubed if row in answers} for each in (answers, cubed)]
    return {name: found[2 * i : 2 * i + 2] for i, name in enumerate(SEARCHED)} | {EXPONENT: kept}


def _ends(name: str) -> Draws:
    """Points of the ranges at which one parameter is at its lower and at its upper end."""
    low, high, middle = table().numbers("low", "high", "middle").T
    pair = np.stack([middle, middle])
    pair[:, at(name)] = low[at(name)], high[at(name)]
    return pair
