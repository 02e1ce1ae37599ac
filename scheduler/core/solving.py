"""How the solver is called: one place for its settings, so that a proof of "no" is in its reach."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


class Undecided(Exception):
    """Neither found nor disproved within the budget. Never to be shown as "not available"."""


class Budget:
    """Seconds for exact answers, shared by all that one question needs."""

    def __init__(self, seconds: float) -> None:
        self.until = monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self.until - monotonic())


def new_model() -> cp_model.CpModel:
    """An empty CP-SAT model; imported here, for most answers need no solver and its import is slow."""
    from ortools.sat.python import cp_model

    return cp_model.CpModel()


def solve(model: cp_model.CpModel, budget: Budget, *, workers: int = 1, probe: bool = True) -> cp_model.CpSolver | None:
    """The solver with a solution, or None where there is none. Raises Undecided when the time is up without either.

    One worker with the full linear relaxation: the default portfolio of one to three workers lacks it, and does not end on
    pigeonhole-like "no"s. The search is deterministic. `probe`: whether it pays to look long at a model before solving it.
    """
    from ortools.sat.python import cp_model

    if not (seconds := budget.left):
        raise Undecided
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    if workers == 1:
        solver.parameters.linearization_level = 2
    if not probe:
        solver.parameters.cp_model_probing_level = solver.parameters.symmetry_level = 0
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return solver
    if status == cp_model.INFEASIBLE:
        return None
    raise Undecided
