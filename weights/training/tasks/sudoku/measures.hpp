// How hard a puzzle is, beyond guesses after singles: what is left to a solver that looks one step ahead.
#pragma once
#include "candidates.hpp"

namespace sudoku {

// A complete search that applies `logic` before it branches. Counts branch nodes, up to about `most`.
struct StrongSearch {
    int most, nodes = 0, found = 0;
    void run(Candidates state) {
        if (!state.logic()) return;
        if (state.complete()) {
            found++;
            return;
        }
        nodes++;
        const int cell = state.narrowest();
        for (int d = 0; d < 9 && found < 2 && nodes < most; d++) {
            if (!(state.of[d] & cell_bit(cell))) continue;
            Candidates next = state;
            if (next.place(cell, d)) run(next);
        }
    }
};
inline int strong_count(const Candidates& state, int most = 100000) {
    StrongSearch search{most};
    search.run(state);
    return search.nodes;
}

// Candidates that contradict once assumed. Both are of a state to which `logic` was applied.
struct Literals {
    Cells failing[9] = {};
    int fail = 0, solve = 0;
};
inline Literals look_ahead(const Candidates& state, int most_failing = 1000) {
    Literals found;
    for (int d = 0; d < 9; d++)
        for (Cells left = state.of[d] & ~state.solved; left; left &= left - 1) {
            Candidates next = state;
            if (!next.place(lowest(left), d) || !next.logic()) {
                found.failing[d] |= left & -left;
                if (++found.fail > most_failing) return found;
            } else if (next.complete()) found.solve++;
        }
    return found;
}

// Strikes failing candidates again and again. How many stand then; 0: that solves the puzzle ("solved by probing").
inline int probe(Candidates state, Literals first) {
    for (Literals next = first; !state.complete(); next = look_ahead(state)) {
        if (!next.fail) return state.count();
        for (int d = 0; d < 9; d++) state.of[d] &= ~next.failing[d];
        if (!state.logic()) return 0;
    }
    return 0;
}

// One more than the fewest branch nodes of the searches below any cell of at most three candidates: what the best first
// branch costs. More than `enough` is not told apart.
inline int best_first_branch(const Candidates& state, int enough = 100000) {
    int best = enough;
    for (Cells left = ALL & ~state.solved & ~state.at_least<4>()[4]; left; left &= left - 1) {
        int cost = 1;
        for (int d = 0; d < 9 && cost < best; d++) {
            if (!(state.of[d] & left & -left)) continue;
            Candidates next = state;
            if (next.place(lowest(left), d)) cost += strong_count(next, best - cost + 1);
        }
        best = std::min(best, cost);
    }
    return best;
}

struct Measures {
    int strong, candidates, failing, solving, branch, standing;  // standing: after striking what fails, again and again
};
inline Measures measure(const uint8_t* puzzle) {
    Candidates state;
    Measures m{};
    if (!state.load(puzzle)) return m;
    m.strong = strong_count(state);
    if (!state.logic() || state.complete()) return m;
    const Literals literals = look_ahead(state);
    m.candidates = state.count(), m.failing = literals.fail, m.solving = literals.solve;
    m.standing = probe(state, literals);
    m.branch = best_first_branch(state);
    return m;
}

}  // namespace sudoku
