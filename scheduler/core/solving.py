"""How the solver is called: one place for its settings, so that a proof of "no" is in its reach."""

from __future__ import annotations

from importlib import import_module
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

PATIENCE = 4
SOLVERS = ("ortools.sat.python.cp_model", "ortools.linear_solver.pywraplp", "ortools.linear_solver.linear_solver_pb2")


class Undecided(Exception):
    """Neither found nor disproved within the budget. Never to be shown as "not available"."""


class Budget:
    """Seconds of the clock, shared by all that one job needs: for plans and repairs, which promise a person when they end."""

    def __init__(self, seconds: float) -> None:
        self.until = monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self.until - monotonic())

    def limit(self, parameters: Any) -> None:
        """Let a solver end in time."""
        parameters.max_time_in_seconds = self.left


class Effort(Budget):
    """Seconds that this thread itself computes, shared by all that one question needs: for availability.

    A machine that is busy with other things answers later, but not less: waiting for a processor does not count. The solver gets its
    own measure of work, about as many seconds on a machine of today; the clock ends it only after `PATIENCE` times as long.
    """

    def __init__(self, seconds: float) -> None:
        self.until = thread_time() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self.until - thread_time())

    def limit(self, parameters: Any) -> None:
        parameters.max_deterministic_time = self.left
        parameters.max_time_in_seconds = PATIENCE * self.left


def load() -> None:
    """Import the solvers before they are first needed, which takes a second: most answers need none."""
    for solver in SOLVERS:
        import_module(solver)


def new_model() -> cp_model.CpModel:
    """An empty CP-SAT model; imported here, for most answers need no solver and its import is slow."""
    from ortools.sat.python import cp_model

    return cp_model.CpModel()


def solve(model: cp_model.CpModel, budget: Budget, *, workers: int = 1, probe: bool = True) -> cp_model.CpSolver | None:
    """The solver with a solution, or None where there is none. Raises Undecided when the time is up without either.

    One worker with the full linear relaxation: the default portfolio of one to three workers lacks it, and does not end on
    pigeonhole-like "no"s. The search is deterministic. `probe`: look long at the model first, which pays where it is hard.
    """
    from ortools.sat.python import cp_model

    if not budget.left:
        raise Undecided
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    if workers == 1:
        solver.parameters.linearization_level = 2
    if not probe:
        solver.parameters.cp_model_probing_level = solver.parameters.symmetry_level = 0
    budget.limit(solver.parameters)
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return solver
    if status == cp_model.INFEASIBLE:
        return None
    raise Undecided
