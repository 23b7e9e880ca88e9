"""`spinesim init`: a commented template of a study, ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import Mistake, users_words


def init(
    path: Annotated[Path, typer.Argument(help="The study file to write.")] = Path("study.toml"),
    force: Annotated[bool, typer.Option(help="Overwrite a file that is there.")] = False,
) -> None:
    """Write a commented study file that runs as it is."""
    from importlib.resources import files

    from spinesim._files import replacing

    if path.exists() and not force:
        raise Mistake(f"{path} is there already: give another name, or --force")
    with users_words(), replacing(path) as draft:
        draft.write_text(files("spinesim.io").joinpath("study.toml").read_text(encoding="utf-8"))
    print(f"{path} is written: spinesim sweep {path} -o {path.with_suffix('.nc')}")
