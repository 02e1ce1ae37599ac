"""A linear programme for GLOP: written down in one go, which is much quicker than call by call, and then changed and solved again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import mul
from typing import Any

INFINITE = float("inf")


class Programme:
    """Maximize; every variable lies between 0 and 1. Variables and rows are known by their numbers.

    The solver begins with every variable at 0. Where a solution is known, the variables that are 1 in it are told (`begin_whole`) and
    written down as what they lack of 1: then the solver begins there, which halves its work.
    """

    def __init__(self) -> None:
        from ortools.linear_solver import linear_solver_pb2  # imported when first needed: it is slow

        self._written = linear_solver_pb2.MPModelProto(maximize=True)
        self._share = linear_solver_pb2.MPVariableProto(lower_bound=0.0, upper_bound=1.0)
        self._solver: Any = None
        self._variables: list[Any] = []
        self._signs: list[int] = []  # of each variable: -1 where what it lacks of 1 is written
        self.rows = 0

    def add(self, number: int) -> range:
        """So many variables more."""
        self._written.variable.extend([self._share] * number)
        self._signs += [1] * number
        return range(len(self._signs) - number, len(self._signs))

    def begin_whole(self, variable: int) -> None:
        """In the known solution this one is 1. To be said before a row names it."""
        self._signs[variable] = -1

    def row(self, low: float, high: float, variables: Sequence[int], amounts: Iterable[int] | None = None) -> int:
        """The sum of so much (else one) of each variable is within [low, high].

        A variable named twice makes the next solving raise ValueError.
        """
        signs = map(self._signs.__getitem__, variables)
        if amounts is None:
            written = list(signs)
            whole = len(written) - sum(written)
        else:
            amounts = list(amounts)
            written = list(map(mul, amounts, signs))
            whole = sum(amounts) - sum(written)
        base = whole // 2  # what those bring that begin at 1
        self._written.constraint.add(
            lower_bound=low - base, upper_bound=high - base, var_index=variables, coefficient=written
        )
        self.rows += 1
        return self.rows - 1

    def worth(self, variables: Iterable[int], worth: float) -> None:
        """What a whole one of each is worth."""
        self.worths((variable, worth) for variable in variables)

    def worths(self, each: Iterable[tuple[int, float]]) -> None:
        """What a whole one is worth, for each of these variables."""
        write, known, signs = self._loaded().Objective().SetCoefficient, self._variables, self._signs
        for variable, worth in each:
            write(known[variable], worth * signs[variable])

    def solve(self) -> tuple[list[float], list[float]] | None:
        """The best solution's variables, and the price of each row; None where the solver has none."""
        from ortools.linear_solver import linear_solver_pb2

        solver = self._loaded()
        if solver.Solve() != solver.OPTIMAL:
            return None
        found = linear_solver_pb2.MPSolutionResponse()
        solver.FillSolutionResponseProto(found)
        shares = [
            share if sign > 0 else 1.0 - share for share, sign in zip(found.variable_value, self._signs, strict=True)
        ]
        return shares, list(found.dual_value)

    def _loaded(self) -> Any:
        if self._solver is None:
            from ortools.linear_solver import pywraplp

            self._solver = pywraplp.Solver.CreateSolver("GLOP")
            # Without preprocessing it goes on from where it was when a little has changed, and begins where it is told.
            self._solver.SetSolverSpecificParametersAsString("use_preprocessing: false initial_basis: NONE")
            if wrong := self._solver.LoadModelFromProto(self._written):
                raise ValueError(wrong)
            self._variables = self._solver.variables()
        return self._solver
