"""Every example runs and ends in one picture."""

import runpy
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_ends_in_one_picture(example, tmp_path):
    picture = tmp_path / "picture.png"
    runpy.run_path(str(example))["main"](str(picture))
    pixels = matplotlib.image.imread(picture)
    assert list(tmp_path.iterdir()) == [picture]
    assert np.ptp(pixels[..., :3]) > 0.9  # ink on paper
