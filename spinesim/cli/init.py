"""`spinesim init`: a commented template of a study or a profile, ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import Mistake, users_words

#: Templates by kind, each with what is done next.
_NEXT = {
    "study": lambda path: f"spinesim sweep {path} -o {path.with_suffix('.nc')}",
    "profile": lambda path: f"spinesim rehab {path} --programme mcgill_three",
}


def init(
    path: Annotated[Path | None, typer.Argument(help="The file to write; by default study.toml.")] = None,
    kind: Annotated[str, typer.Option(help="study (to sweep) or profile (of a person).")] = "study",
    force: Annotated[bool, typer.Option(help="Overwrite a file that is there.")] = False,
) -> None:
    """Write a commented file that runs as it is."""
    from importlib.resources import files

    from spinesim._files import replacing
    from spinesim._names import choose

    with users_words():
        choose("kind of template", kind, _NEXT)
    path = Path(f"{kind}.toml") if path is None else path
    if path.exists() and not force:
        raise Mistake(f"{path} is there already: give another name, or --force")
    with users_words(), replacing(path) as draft:
        draft.write_text(files("spinesim.io").joinpath(f"{kind}.toml").read_text(encoding="utf-8"))
    print(f"{path} is written: {_NEXT[kind](path)}")
