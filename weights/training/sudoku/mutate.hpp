// Small changes of a minimal puzzle. Other solutions that were met on the way are kept: a clue that alone tells one of
// them from the grid is needed, and no search has to say so again.
#pragma once
#include "candidates.hpp"
#include "sudoku.hpp"
#include <vector>

namespace sudoku {

// Looks for a solution other than `grid`, in random order.
struct OtherSolution {
    const Cells* grid;  // its cells by digit
    std::mt19937_64& rng;
    Cells solution[9], differs = 0;  // what was found, and where it is another
    OtherSolution(const Cells* grid, std::mt19937_64& rng) : grid(grid), rng(rng) {}
    bool run(Candidates state) {
        if (!state.logic<false>()) return false;
        if (state.complete()) {
            for (int d = 0; d < 9; d++) differs |= state.of[d] & ~grid[d];
            std::copy(state.of, state.of + 9, solution);
            return differs != 0;
        }
        const int cell = some_narrow(state);
        int digits[9], n = 0;
        for (int d = 0; d < 9; d++)
            if (state.of[d] & cell_bit(cell)) digits[n++] = d;
        for (; n; n--) {  // the grid's own digit last: what is looked for is not there
            int pick = rng() % n;
            if (n > 1 && (grid[digits[pick]] & cell_bit(cell))) pick = (pick + 1) % n;
            std::swap(digits[pick], digits[n - 1]);
            Candidates next = state;
            if (next.place(cell, digits[n - 1]) && run(next)) return true;
        }
        return false;
    }

private:
    int some_narrow(const Candidates& state) {
        const auto with = state.at_least<3>();
        Cells narrow = with[2] & ~with[3];
        if (!narrow) return state.narrowest();
        for (int skip = rng() % std::min(size(narrow), 4); skip; skip--) narrow &= narrow - 1;
        return lowest(narrow);
    }
};

struct Puzzle {
    Cells clues = 0;
    uint8_t grid[81] = {};

    Puzzle() = default;
    Puzzle(const uint8_t* puzzle, const uint8_t* solution) {
        std::copy(solution, solution + 81, grid);
        for (int i = 0; i < 81; i++)
            if (puzzle[i]) clues |= cell_bit(i);
        split();
    }
    void digits(uint8_t* out) const {
        for (int i = 0; i < 81; i++) out[i] = clues & cell_bit(i) ? grid[i] : 0;
    }
    Candidates candidates() const {
        Candidates state;
        for (Cells left = clues; left; left &= left - 1) state.place(lowest(left), grid[lowest(left)] - 1);
        return state;
    }
    // Drops N clues, once in five takes another solution of what is left as the grid, gives clues where a second
    // solution differs until there is none, and takes away what is not needed. False: the puzzle is as it was.
    bool change(int n, std::mt19937_64& rng) {
        const Cells before = clues;
        for (; n; n--) clues &= ~some(clues, rng);
        bool moved = false;
        OtherSolution other(by_digit, rng);
        if (rng() % 5 == 0 && other.run(candidates())) {
            for (int d = 0; d < 9; d++)
                for (Cells left = other.solution[d]; left; left &= left - 1) grid[lowest(left)] = d + 1;
            split(), kept.clear(), moved = true;
        }
        for (Cells differs; (differs = second(candidates(), clues, rng));) clues |= some(differs, rng);
        minimise(rng);
        return moved || clues != before;
    }

    // Takes over what a change of this puzzle has found out, if that kept the grid.
    void learn(const Puzzle& changed) {
        if (std::equal(grid, grid + 81, changed.grid)) kept = changed.kept;
    }

private:
    Cells by_digit[9] = {};
    std::vector<Cells> kept;  // where other solutions differ from the grid

    void split() {
        std::fill(by_digit, by_digit + 9, Cells(0));
        for (int i = 0; i < 81; i++) by_digit[grid[i] - 1] |= cell_bit(i);
    }
    static Cells some(Cells set, std::mt19937_64& rng) {
        for (int skip = rng() % size(set); skip; skip--) set &= set - 1;
        return set & -set;
    }
    // Where some second solution of the clues differs, or 0.
    Cells second(const Candidates& state, Cells among, std::mt19937_64& rng) {
        for (Cells differs : kept)
            if (!(differs & among)) return differs;
        OtherSolution other(by_digit, rng);
        if (!other.run(state)) return 0;
        if (kept.size() < 96) kept.push_back(other.differs);
        else kept[rng() % kept.size()] = other.differs;
        return other.differs;
    }
    void minimise(std::mt19937_64& rng) {
        for (Cells untried = clues; untried;) {
            const Cells clue = some(untried, rng);
            const int cell = lowest(clue);
            untried &= ~clue, clues &= ~clue;
            Candidates state = candidates();
            state.of[grid[cell] - 1] &= ~clue;  // any second solution has another digit there
            if (second(state, clues, rng)) clues |= clue;
        }
    }
};

}  // namespace sudoku
