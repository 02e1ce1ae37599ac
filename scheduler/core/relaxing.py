"""A linear programme for GLOP: written down in one go, which is much quicker than call by call, and then changed and solved again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

INFINITE = float("inf")


class Programme:
    """Maximize; every variable lies between 0 and 1. Variables and rows are known by their numbers."""

    def __init__(self) -> None:
        from ortools.linear_solver import linear_solver_pb2  # imported when first needed: it is slow

        self._written = linear_solver_pb2.MPModelProto(maximize=True)
        self._solver: Any = None
        self._variables: list[Any] = []
        self._rows: list[Any] = []
        self.variables = self.rows = 0

    def variable(self) -> int:
        self._written.variable.add(lower_bound=0.0, upper_bound=1.0)
        self.variables += 1
        return self.variables - 1

    def row(self, low: float, high: float, variables: Sequence[int], amounts: Sequence[float]) -> int:
        """The sum of so much of each variable is within [low, high]. A variable named twice makes the next solving raise ValueError."""
        self._written.constraint.add(
            lower_bound=low, upper_bound=high, var_index=variables, coefficient=[float(amount) for amount in amounts]
        )
        self.rows += 1
        return self.rows - 1

    def bound(self, row: int, low: float, high: float) -> None:
        self._loaded()
        self._rows[row].SetBounds(low, high)

    def worth(self, variables: Iterable[int], worth: float) -> None:
        """What a whole one of each is worth."""
        objective = self._loaded().Objective()
        for variable in variables:
            objective.SetCoefficient(self._variables[variable], worth)

    def solve(self) -> tuple[float, list[float], list[float]] | None:
        """What the best solution is worth, its variables, and the price of each row; None where the solver has none."""
        from ortools.linear_solver import linear_solver_pb2

        solver = self._loaded()
        if solver.Solve() != solver.OPTIMAL:
            return None
        found = linear_solver_pb2.MPSolutionResponse()
        solver.FillSolutionResponseProto(found)
        return found.objective_value, list(found.variable_value), list(found.dual_value)

    def _loaded(self) -> Any:
        if self._solver is None:
            from ortools.linear_solver import pywraplp

            self._solver = pywraplp.Solver.CreateSolver("GLOP")
            # Without preprocessing it goes on from where it was when a little has changed.
            self._solver.SetSolverSpecificParametersAsString("use_preprocessing: false")
            if wrong := self._solver.LoadModelFromProto(self._written):
                raise ValueError(wrong)
            self._variables, self._rows = self._solver.variables(), self._solver.constraints()
        return self._solver
