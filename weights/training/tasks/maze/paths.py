"""Shortest paths by breadth-first search, of many boards at once."""
import numpy as np

WALL, FREE, START, GOAL, PATH = range(1, 6)


def distances(questions, side):
    """Moves from each cell to the goal, -1 where no way leads: [n, (side + 2)²], with a border."""
    board = np.pad(questions.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)), constant_values=WALL)
    unseen, front = board != WALL, board == GOAL
    moves, at = np.full(board.shape, -1, np.int16), 0
    while front.any():
        moves[front] = at
        unseen &= ~front
        at, before = at + 1, front
        front = np.zeros_like(before)
        front[:, 1:] |= before[:, :-1]
        front[:, :-1] |= before[:, 1:]
        front[:, :, 1:] |= before[:, :, :-1]
        front[:, :, :-1] |= before[:, :, 1:]
        front &= unseen
    return moves.reshape(len(board), -1)


def answers(questions, side):
    """Each question with a shortest path: from the start on, a step up or down where that leads nearer to the goal, else
    to the left or right. In an empty room the path has one corner."""
    width = side + 2
    moves = distances(questions, side)
    board = np.pad(questions.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)), constant_values=WALL).reshape(len(moves), -1)
    rows, here = np.arange(len(moves)), (board == START).argmax(1)
    left = moves[rows, here]
    if (left < 0).any():
        raise ValueError("expected mazes with a way from the start to the goal")
    while (left > 1).any():
        near = here[:, None] + np.array([-width, width, -1, 1])
        is_nearer = moves[rows[:, None], near] == left[:, None] - 1
        here = np.where(left > 1, near[rows, is_nearer.argmax(1)], here)
        left = np.where(left > 1, left - 1, left)
        walked = board[rows, here] == FREE
        board[rows[walked], here[walked]] = PATH
    return np.ascontiguousarray(board.reshape(-1, width, width)[:, 1:-1, 1:-1].reshape(len(board), -1))
