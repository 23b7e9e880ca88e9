"""Free-body diagrams of a solved body in plain NumPy, from what the solution and the model say.

Every force acts at a point of one body and its reaction at the same point of another; nothing here knows
the rows in which the solver gathers them. The head and the arms are part of the thorax, shanks of their
thighs; the abdominal wall hangs on L5 and is turned by the six levels as by a train of gears.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from spinesim.models.anatomy import BODIES, LEVELS, PARENTS
from spinesim.models.disc import mid_disc_frame
from spinesim.models.facet import facet_energies
from spinesim.models.ligament import strand_tension
from spinesim.models.se3 import exp_rotation, log_rotation
from tests.placing import place

INDEX = {name: body for body, name in enumerate(BODIES)}
HIPS = (INDEX["femur_r"], INDEX["femur_l"])
ABDOMEN, L5 = INDEX["abdomen"], INDEX["L5"]
SPINE = len(LEVELS)


def _free_body(body):
    """The free body that a body belongs to."""
    if body == ABDOMEN:
        return L5
    while body > SPINE and body not in HIPS:
        body = PARENTS[body]
    return body


PART_OF = np.array([_free_body(body) for body in range(len(BODIES))])


class Diagram:
    """Force and moment about the pelvis origin on every body [N, N m], pelvis axes."""

    def __init__(self, shift):
        self.force, self.moment = np.zeros((2, len(BODIES), 3))
        self.shift = shift

    def push(self, body, force, point):
        """A force at a point that rides on a body, given with the discs at rest."""
        self.force[body] += force
        self.moment[body] += np.cross(point + self.shift[body], force)

    def twist(self, body, moment):
        self.moment[body] += moment


def free_bodies(model, task, solution):
    """What is left on the pelvis, the vertebrae, the thorax and the legs [N, N m], about their joints."""
    placed = jax.tree.map(np.asarray, place(model, task))
    model, task, solution = (jax.tree.map(np.asarray, part) for part in (model, task, solution))
    rotation, origin = placed.frames.rotation, placed.frames.origin
    moved = np.einsum("jab,jb->ja", rotation[:SPINE], solution.disc_translation)
    carried = [np.sum(moved[:part], axis=0) * (part <= SPINE) for part in PART_OF]
    diagram = Diagram(np.array(carried))
    _weights(diagram, model, task, placed)
    _paths(diagram, model, solution, placed)
    _tissues(diagram, model, solution, placed, moved)
    _hip_ligaments(diagram, model, placed)
    _gears(diagram, model, placed)
    for contact, body in enumerate(model.contacts.body):
        force = placed.frames.world @ solution.support_force[contact]
        diagram.push(body, force, placed.reactions.point[contact])
    _reserves(diagram, solution)
    return _gathered(diagram, origin + diagram.shift)


def _weights(diagram, model, task, placed):
    gravity, loads = placed.frames.world @ task.loads.gravity, task.loads
    held = dict(zip((INDEX["forearm_hand_r"], INDEX["forearm_hand_l"]), range(2), strict=True))
    for body in range(len(BODIES)):
        rotation, origin = placed.frames.rotation[body], placed.frames.origin[body]
        diagram.push(body, model.bodies.mass[body] * gravity, origin + rotation @ model.bodies.com[body])
        carried = origin + rotation @ loads.carried_point[body]
        diagram.push(body, loads.carried_mass[body] * gravity, carried)
        outside = placed.frames.world @ loads.force[body]
        diagram.push(body, outside, origin + rotation @ loads.point[body])
        diagram.twist(body, placed.frames.world @ loads.torque[body])
        if body in held:
            grip = origin + rotation @ model.grip[held[body]]
            diagram.push(body, loads.hand_mass[held[body]] * gravity, grip)


def _paths(diagram, model, solution, placed):
    """Every piece of muscle and of the pressure's struts pulls its two ends together."""
    segments = placed.segments
    tension = np.append(solution.muscle_force, solution.intra_abdominal_pressure)
    for piece, owner in enumerate(segments.fascicle):
        one, other = segments.start_body[piece], segments.end_body[piece]
        start, end = segments.start[piece], segments.end[piece]
        line = end + diagram.shift[other] - start - diagram.shift[one]
        length = np.linalg.norm(line)
        if length > 0:
            pull = segments.weight[piece] * tension[owner] * line / length
            diagram.push(one, pull, start)
            diagram.push(other, -pull, end)


def _tissues(diagram, model, solution, placed, moved):
    """Disc and facets at the joint centre, ligaments along their strands, the braced trunk's moment."""
    load = np.stack(
        [solution.disc_anterior_shear, -solution.disc_compression, solution.disc_lateral_shear], axis=1
    )
    for level in range(SPINE):
        lower, upper = level, level + 1
        rotation, turned = placed.frames.rotation[lower], jnp.asarray(placed.level_rotation[level])
        disc, facets, ligaments = (
            jax.tree.map(lambda leaf, level=level: jnp.asarray(leaf[level]), part)
            for part in (model.discs, model.facets, model.ligaments)
        )
        local = jnp.asarray(solution.disc_translation[level])
        centre = placed.frames.origin[upper]
        axes = rotation @ np.asarray(mid_disc_frame(disc, turned))

        def between(force, moment, lower=lower, upper=upper, centre=centre, moved=moved[level]):
            diagram.push(upper, force, centre)
            diagram.push(lower, -force, centre + moved)
            diagram.twist(upper, moment)
            diagram.twist(lower, -moment)

        between(-axes @ load[level], -axes @ solution.disc_moment[level])
        wrench = wrench_of(facet_energies, facets, turned, local)
        between(rotation @ wrench[:3], rotation @ wrench[3:])
        for strand, tension in enumerate(np.asarray(strand_tension(ligaments, turned, local))):
            top = rotation @ (turned @ ligaments.upper_point[strand])
            low = rotation @ ligaments.lower_point[strand]
            line = low - top - moved[level]
            pull = tension * line / np.linalg.norm(line)
            diagram.push(upper, pull, centre + top)
            diagram.push(lower, -pull, centre + low)
        brace = model.abdomen.stiffening * model.abdomen.stiffness_per_pressure
        bent = rotation @ np.asarray(log_rotation(turned))
        between(np.zeros(3), -brace * solution.intra_abdominal_pressure * bent)


def _hip_ligaments(diagram, model, placed):
    """They turn a thigh that is bent back forward, and the pelvis against it, about the thigh's own way."""
    for side, femur in enumerate(HIPS):
        shaft = -placed.frames.rotation[femur][:, 1]
        extension = max(model.iliac_turn - np.arctan2(shaft[0], -shaft[1]), 0.0)
        across = np.array([0.0, 0.0, 1.0]) - shaft[2] * np.array([shaft[0], shaft[1], 0.0]) / (
            1 - shaft[2] ** 2
        )
        moment = model.hip_ligament[side] * extension**2 * across
        diagram.twist(femur, moment)
        diagram.twist(0, -moment)


@partial(jax.jit, static_argnums=0)
def wrench_of(energies, tissue, rotation, translation):
    """Force and moment of a tissue on the upper vertebra by its law, lower axes."""

    def after(step):
        return jnp.sum(energies(tissue, exp_rotation(step[3:]) @ rotation, translation + step[:3]))

    return -jax.grad(after)(jnp.zeros(6))


def _gears(diagram, model, placed):
    """The wall's moment about its hinge acts through the rotations of the levels that turn it."""
    hinge = placed.frames.origin[ABDOMEN] + diagram.shift[ABDOMEN]
    about_hinge = diagram.moment[ABDOMEN] - np.cross(hinge, diagram.force[ABDOMEN])
    for level in range(SPINE):
        couple = (about_hinge @ placed.wall_axis) * placed.follow[level]
        diagram.twist(level + 1, couple)
        diagram.twist(level, -couple)


def _reserves(diagram, solution):
    """The share that nobody holds: between the bodies of each joint, and on the pelvis from outside."""
    for joint, moment in enumerate(solution.reserve_moment):
        upper, lower = (joint + 1, joint) if joint < SPINE else (HIPS[joint - SPINE], 0)
        diagram.twist(upper, moment)
        diagram.twist(lower, -moment)
    diagram.push(0, solution.reserve_whole[:3], np.zeros(3))
    diagram.twist(0, solution.reserve_whole[3:])


def _gathered(diagram, origin):
    """Sums over the free bodies; the hips pass on what force their leg leaves."""
    bodies = (*range(SPINE + 1), *HIPS)
    force = {body: diagram.force[PART_OF == body].sum(axis=0) for body in bodies}
    moment = {body: diagram.moment[PART_OF == body].sum(axis=0) for body in bodies}
    for hip in HIPS:
        force[0] = force[0] + force[hip]
        moment[0] = moment[0] + np.cross(origin[hip], force[hip])
        moment[hip] = moment[hip] - np.cross(origin[hip], force[hip])
        force[hip] = np.zeros(3)
    left = {body: moment[body] - np.cross(origin[body], force[body]) for body in bodies}
    return np.stack(list(force.values())), np.stack(list(left.values()))
