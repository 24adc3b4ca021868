"""What the trainer needs to know of a task. A task is a module of this folder with

NAME, SEQ_LEN, VOCAB        as in the model's configuration
CLASSES                     names of the kinds of samples
CURRICULUM                  {stage: [(progress, share of each class …)]}, linear between the points
positions(hidden, g)        [SEQ_LEN + 1, hidden]: where learned positions start; g is a torch.Generator
masks()                     [n, SEQ_LEN + 1, SEQ_LEN + 1] of 0 and 1: the keys that the first n heads are drawn to at first, or None
Source(paths, seed)         the data: sample([class …]) -> inputs, labels (int32 [n, SEQ_LEN]); refresh() reads the files
                            again, which may have grown; rng is its numpy generator
tests(paths, count)         {name: (inputs, labels)}: fixed test sets
"""
import importlib


def load(name):
    return importlib.import_module(f"tasks.{name}")
