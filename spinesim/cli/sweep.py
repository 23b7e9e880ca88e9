"""`spinesim sweep`: a study file solved case by case, to be gone on with if it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import show, show_json, users_words
from spinesim.cli.solve import NO_EQUILIBRIUM


def sweep(
    study: Annotated[Path, typer.Argument(help="The study file; `spinesim init` writes one.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The NetCDF file to write.")],
    memory_gb: Annotated[float, typer.Option(help="Memory that solving may take.")] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
) -> None:
    """Every body with every imbalance at every severity in every task of a study.

    Stopped, the same command goes on where it was: finished cases are kept beside the result until it is
    written.
    """
    from spinesim._files import read_text
    from spinesim.io.study import read
    from spinesim.sweeps.design import design
    from spinesim.sweeps.local import Chunks, to_file
    from spinesim.sweeps.stored import Finished

    with users_words():
        asked, text = read(study), read_text(study)
        plan = design(asked.bodies, asked.tasks, asked.imbalances, asked.severities)
        how = Chunks(asked.outputs, memory_gb=memory_gb)
        finished = Finished(out, how.key(plan))
        ds = to_file(plan, how, finished, progress=True, attrs={"asked": text})
    if json:
        show_json(ds)
    else:
        from spinesim.results.factorial import summary

        show(summary(ds))
    if (ds.status != "converged").any():
        raise typer.Exit(NO_EQUILIBRIUM)
