"""Whether sharing by cubes of activation ever fails: many random problems, easy ones and strained ones.

python -m spinesim.bench.cubes --seed 2029 --count 100000 --json benchmarks/results/cubes.json

Moment arms and strengths are those of held random cases, all fascicles about all joints (314 x 24) or those
of the trunk about the six levels (210 x 18). An easy moment is that of random activations up to a half; a
strained one is 0.9 to 1 of the largest that muscles reach in a random direction, all silent or full.
"""

import json
import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from spinesim._each import spread
from spinesim.bench import counting
from spinesim.bench.sharing import TOLERANCE, Settled, Sharing, problems, share
from spinesim.solvers.recruitment import Effort

#: Cases whose moment arms are taken, and problems that are asked in one go.
BODIES, _AT_ONCE = 512, 2_000
TRUNK_FASCICLES, LEVEL_ROWS = 210, 18


def trunk(given: Sharing) -> Sharing:
    """Stacked problems of the fascicles of the trunk about the levels alone."""
    levels, hips = jnp.split(given.rows, (LEVEL_ROWS,), axis=2)
    useful = np.flatnonzero(np.any(levels != 0, axis=(0, 2)))
    crossing = np.any(hips != 0, axis=(0, 2))  # both, as the psoas does: taken last
    chosen = np.sort(useful[np.argsort(crossing[useful], kind="stable")][:TRUNK_FASCICLES])
    target, weight, cap = given.target[:, :LEVEL_ROWS], given.weight[:, chosen], given.cap[:, chosen]
    return Sharing(levels[:, chosen], target, weight, cap)


def drawn(given: Sharing, key: Array, strained: bool) -> Sharing:
    """The problem with another moment to balance."""
    first, second = jax.random.split(key)
    if strained:
        direction = jax.random.normal(first, given.target.shape)
        pull = jax.random.uniform(second, minval=0.9, maxval=1.0) * (given.rows @ direction > 0)
    else:
        pull = jax.random.uniform(second, given.cap.shape, maxval=0.5)
    return given._replace(target=given.rows.T @ (pull * given.cap))


@partial(jax.jit, static_argnames=("strained", "power"))
def answers(given: Sharing, numbers: Int[Array, "case"], seed: Array, strained: bool, power: int) -> Settled:
    """Problems of these numbers, drawn and shared out."""

    def one(number: Int[Array, ""]) -> Settled:
        own = jax.tree.map(lambda leaf: leaf[number % len(given.target)], given)
        return share(drawn(own, jax.random.fold_in(seed, number), strained), Effort(power))

    return spread(one, numbers)


def asked(given: Sharing, seed: int, count: int, strained: bool, power: int = 3) -> dict[str, Any]:
    """How `count` problems ended."""
    key, parts, spent = jax.random.key(seed), [], time.process_time()
    for at in range(0, count, _AT_ONCE):
        ends = answers(given, jnp.arange(at, min(at + _AT_ONCE, count)), key, strained, power)
        full = jnp.mean(ends.activation >= 1.0, axis=1)
        parts.append((np.asarray(ends.missed), np.asarray(ends.trials), np.asarray(full)))
    missed, trials, full = (np.concatenate(part) for part in zip(*parts, strict=True))
    failed = np.flatnonzero(~(missed <= TOLERANCE))
    return {
        "count": count,
        "failed": len(failed),
        "which": failed[:20].tolist(),
        "largest_missed_moment_Nm": float(np.max(missed[missed <= TOLERANCE], initial=0.0)),
        "mean_trials": round(float(np.mean(trials)), 2),
        "most_trials": int(np.max(trials)),
        "share_of_fascicles_full": round(float(np.mean(full)), 3),
        "cpu_s_with_compiling": round(time.process_time() - spent, 1),
    }


def main() -> None:
    """Ask all four kinds and count those that fail."""
    given = counting.parser(__doc__, seed=2029, count=100_000).parse_args()
    own = problems(given.seed, BODIES)
    found: dict[str, Any] = {"seed": given.seed, "power": 3}
    for name, matrices in {"314 x 24": own, "210 x 18": trunk(own)}.items():
        for strained in (False, True):
            kind = f"{name}, {'strained' if strained else 'easy'}"
            found[kind] = asked(matrices, given.seed, given.count, strained)
            print(kind, json.dumps(found[kind]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
