"""OpenSim's StaticOptimization and JointReaction: a program of its own, its libraries mix with no others.

    python static_optimization.py MODEL.osim MOTION.mot FOLDER

writes FOLDER/activation.sto, force.sto and reaction.sto. It needs at least six rows of motion, the file of
forces for the reactions, and says nothing when a frame is infeasible: the caller checks the balance itself.

    python static_optimization.py MODEL.osim MOTION.mot FOLDER ROUNDS

loads the model for so many rounds of StaticOptimization alone, says `ready`, then runs one for every line
that comes in and says `done` after each, so that neither the start nor the reading of the model is timed.
"""

import sys
from pathlib import Path

import opensim  # pyright: ignore[reportMissingImports]

READY, DONE = "ready", "done"


def prepared(model: str, motion: str, folder: Path, analysis, name: str):
    """One analysis over a motion that stands still at every frame, as its program makes it from a file."""
    times = opensim.Storage(motion)
    tool = opensim.AnalyzeTool()
    tool.setName(name)
    tool.setModelFilename(model)
    tool.setInitialTime(times.getFirstTime())
    tool.setFinalTime(times.getLastTime())
    tool.setCoordinatesFileName(motion)
    tool.setLowpassCutoffFrequency(-1)
    tool.setResultsDir(str(folder))
    tool.setReplaceForceSet(False)
    tool.setSolveForEquilibrium(False)
    tool.getAnalysisSet().cloneAndAppend(analysis)
    setup = str(folder / f"{name}.xml")
    tool.printToXML(setup)
    return opensim.AnalyzeTool(setup, True)


def sharing():
    """Activations squared, as exactly as its optimiser goes."""
    optimise = opensim.StaticOptimization()
    optimise.setUseModelForceSet(True)
    optimise.setActivationExponent(2)
    optimise.setUseMusclePhysiology(True)
    optimise.setConvergenceCriterion(1e-6)
    optimise.setMaxIterations(1000)
    return optimise


def reactions(forces: Path):
    """Reactions of all joints on the upper body, in ground axes, from a file of muscle forces."""
    react = opensim.JointReaction()
    react.setName("reactions")
    react.setForcesFileName(str(forces))
    everywhere, child, ground = opensim.ArrayStr(), opensim.ArrayStr(), opensim.ArrayStr()
    everywhere.append("ALL")
    child.append("child")
    ground.append("ground")
    react.setJointNames(everywhere)
    react.setOnBody(child)
    react.setInFrame(ground)
    return react


def share(tool: opensim.AnalyzeTool, folder: Path) -> None:
    """Run a StaticOptimization; its files get short names."""
    tool.run()
    for result in ("activation", "force"):
        (folder / f"so_StaticOptimization_{result}.sto").replace(folder / f"{result}.sto")


def once(model: str, motion: str, folder: Path) -> None:
    share(prepared(model, motion, folder, sharing(), "so"), folder)
    prepared(model, motion, folder, reactions(folder / "force.sto"), "jr").run()
    (folder / "jr_reactions_ReactionLoads.sto").rename(folder / "reaction.sto")


def in_turns(model: str, motion: str, folder: Path, rounds: int) -> None:
    opensim.Logger.setLevelString("off")  # standard output is for the one who waits
    tools = [prepared(model, motion, folder, sharing(), "so") for _ in range(rounds)]
    print(READY, flush=True)
    for tool, _ in zip(tools, sys.stdin, strict=False):
        share(tool, folder)
        print(DONE, flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 4:
        in_turns(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        once(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
