"""OpenSim's StaticOptimization and JointReaction: a program of its own, its libraries mix with no others.

    python static_optimization.py MODEL.osim MOTION.mot FOLDER

writes FOLDER/activation.sto, force.sto and reaction.sto. It needs at least six rows of motion, the file of
forces for the reactions, and says nothing when a frame is infeasible: the caller checks the balance itself.
"""

import sys
from pathlib import Path

import opensim


def analyse(model: str, motion: str, folder: Path, analysis: opensim.Analysis, name: str) -> None:
    """Run one analysis over a motion that stands still at every frame, as its program does from a file."""
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
    opensim.AnalyzeTool(setup, True).run()


def main(model_file: str, motion: str, folder: Path) -> None:
    optimise = opensim.StaticOptimization()
    optimise.setUseModelForceSet(True)
    optimise.setActivationExponent(2)
    optimise.setUseMusclePhysiology(True)
    optimise.setConvergenceCriterion(1e-6)
    optimise.setMaxIterations(1000)
    analyse(model_file, motion, folder, optimise, "so")
    (folder / "so_StaticOptimization_activation.sto").rename(folder / "activation.sto")
    (folder / "so_StaticOptimization_force.sto").rename(folder / "force.sto")
    react = opensim.JointReaction()
    react.setName("reactions")
    react.setForcesFileName(str(folder / "force.sto"))
    everywhere, child, ground = opensim.ArrayStr(), opensim.ArrayStr(), opensim.ArrayStr()
    everywhere.append("ALL")
    child.append("child")
    ground.append("ground")
    react.setJointNames(everywhere)
    react.setOnBody(child)
    react.setInFrame(ground)
    analyse(model_file, motion, folder, react, "jr")
    (folder / "jr_reactions_ReactionLoads.sto").rename(folder / "reaction.sto")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
