"""What counts against the time that a question may take."""

from __future__ import annotations

from threading import Event

import pytest

from scheduler.core.solving import Budget, Effort, Undecided, new_model, solve


def test_waiting_counts_for_jobs_but_not_for_questions() -> None:
    job, question = Budget(0.02), Effort(0.02)
    Event().wait(0.03)
    assert job.left == 0
    assert question.left > 0.01


def test_computing_counts_for_questions() -> None:
    question = Effort(0.02)
    while question.left:  # ends, for the loop itself is work
        pass
    with pytest.raises(Undecided):
        solve(new_model(), question)


@pytest.mark.parametrize("kind", [Budget, Effort])
def test_a_solver_that_may_not_end_is_undecided(kind: type[Budget]) -> None:
    """Nine different squares whose lines all have one sum: nobody has found any."""
    model = new_model()
    squares = []
    for _ in range(9):
        root, square = model.new_int_var(1, 10_000, ""), model.new_int_var(1, 10**8, "")
        model.add_multiplication_equality(square, [root, root])
        squares.append(square)
    model.add_all_different(squares)
    for line in ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)):
        model.add(sum(squares[place] for place in line) == 3 * squares[4])
    with pytest.raises(Undecided):
        solve(model, kind(0.2))
