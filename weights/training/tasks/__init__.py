"""The tasks that a model can be trained on. To add one, add a folder and an entry here."""
import math
from .arc import Arc
from .maze import Maze
from .sudoku import Sudoku

TASKS = {task.name: task for task in (Sudoku, Maze, Arc)}


def of_model(name, cells):
    """The task of this name for boards of so many cells."""
    return TASKS[name](math.isqrt(cells))
