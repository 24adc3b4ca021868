"""A test set as CSV for `hrm eval` and trajectory, from a pool of puzzles: COUNT puzzles with 20 to 39, and with 40 or more branch
nodes. usage: python3 -m tasks.sudoku.csv_set POOL OUT.csv COUNT"""
import csv, sys
from . import read_records

pool, count = read_records([sys.argv[1]]), int(sys.argv[3])
text = lambda cells, blank: "".join(str(d) if d else blank for d in cells)
with open(sys.argv[2], "w", newline="") as f:
    writer = csv.writer(f, lineterminator="\n")
    writer.writerow(["source", "question", "answer", "rating"])
    for name, low, high in (("nodes20", 20, 39), ("nodes40", 40, 255)):
        for r in [r for r in pool if low <= r[163] <= high][:count]:
            writer.writerow([name, text(r[:81], "."), text(r[81:162], "."), r[163]])
