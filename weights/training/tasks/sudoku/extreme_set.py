"""A test set like the published extreme ones, as CSV for `hrm eval` and trajectory: of every four puzzles three are
stuck for good, one is easy.
usage: python3 -m tasks.sudoku.extreme_set STUCK.csv EASY.csv OUT.csv COUNT [SEED]
STUCK and EASY are what `tasks/sudoku/grade POOL each` prints. Of the stuck ones a sample is drawn that has the quartiles of
the published puzzles, measure by measure, as far as it can; of the easy ones the strong counts are as there."""
import csv, sys
import numpy as np

QUARTERS = (0.25, 0.25, 0.25, 0.25)
PUBLISHED = {  # limits between parts, and the share of each part
    "strong": ((56, 76, 132), QUARTERS),
    "candidates": ((181, 216, 225), QUARTERS),
    "branch": ((22, 34, 56), QUARTERS),
    "failing": ((1, 3), (0.55, 0.30, 0.15)),
}
LEAST = {"strong": 10, "branch": 10, "standing": 1}
MOST_FAILING = 5
EASY_SINGLES = 0.72  # share of the easy ones that singles, locked candidates and pairs solve


def read(path):
    rows = list(csv.DictReader(open(path)))
    numbers = ["strong", "candidates", "failing", "branch", "standing"]
    return rows, {name: np.array([int(row[name]) for row in rows]) for name in numbers}


def first_of_each(rows, key, among):
    """The rows of `among` whose key no row before them has."""
    seen, kept = set(), []
    for i in among:
        if rows[i][key] not in seen:
            seen.add(rows[i][key]), kept.append(i)
    return np.array(kept)


def balanced(values, rounds=200):
    """Weights under which each part of each measure has its share, by scaling them in turns."""
    weights = np.ones(len(next(iter(values.values()))))
    parts = {name: np.searchsorted(PUBLISHED[name][0], v, side="right") for name, v in values.items()}
    for _ in range(rounds):
        for name, part in parts.items():
            for k, share in enumerate(PUBLISHED[name][1]):
                here = part == k
                if here.any():
                    weights[here] *= share * len(weights) / weights[here].sum()
    return weights / weights.sum()


def main(stuck_path, easy_path, out, count, seed=1):
    rng = np.random.default_rng(seed)
    rows, v = read(stuck_path)
    fit = v["failing"] <= MOST_FAILING
    for name, least in LEAST.items():
        fit &= v[name] >= least
    at = first_of_each(rows, "class", rng.permutation(np.flatnonzero(fit)))
    weights = balanced({name: v[name][at] for name in PUBLISHED})
    hard = rng.choice(at, count * 3 // 4, replace=False, p=weights)
    easy_rows, e = read(easy_path)
    order = rng.permutation(len(easy_rows))
    simple = order[e["strong"][order] == 0]
    other = order[(e["strong"][order] > 0) & (e["strong"][order] < LEAST["strong"])]
    singles = round(EASY_SINGLES * (count - len(hard)))
    easy = np.concatenate([simple[:singles], other[:count - len(hard) - singles]])
    chosen = [rows[i] for i in hard] + [easy_rows[i] for i in easy]
    assert len(chosen) == count, f"{len(chosen)} puzzles only"
    with open(out, "w", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(["source", "question", "answer", "rating"])
        for i in rng.permutation(count):
            writer.writerow(["extreme", chosen[i]["question"], chosen[i]["answer"], chosen[i]["strong"]])
    print(f"{len(at)} grids of stuck puzzles to choose from, {len(hard)} of them and {len(easy)} easy ones written")


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))
