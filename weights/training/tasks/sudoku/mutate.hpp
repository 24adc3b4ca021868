// Puzzles near a puzzle: other clues, and with them mostly other grids.
#pragma once
#include "candidates.hpp"
#include <vector>

namespace sudoku {

struct Solution {
    Cells of[9];  // cells by digit
    bool has(int digit, Cells cell) const { return of[digit] & cell; }
};

struct SolutionSearch {
    size_t most;
    std::mt19937_64& rng;
    std::vector<Solution> found = {};
    void run(Candidates state) {
        if (!state.logic<false>()) return;
        if (state.complete()) {
            std::copy(state.of, state.of + 9, found.emplace_back().of);
            return;
        }
        const int cell = some_narrow(state);
        int digits[9], n = 0;
        for (int d = 0; d < 9; d++)
            if (state.of[d] & cell_bit(cell)) digits[n++] = d;
        for (std::shuffle(digits, digits + n, rng); n && found.size() < most; n--) {
            Candidates next = state;
            if (next.place(cell, digits[n - 1])) run(next);
        }
    }
    int some_narrow(const Candidates& state) {
        const auto with = state.at_least<3>();
        Cells narrow = with[2] & ~with[3];
        if (!narrow) return state.narrowest();
        for (int skip = rng() % std::min(size(narrow), 4); skip; skip--) narrow &= narrow - 1;
        return lowest(narrow);
    }
};

// Solutions in random order, up to `most`.
inline std::vector<Solution> some_solutions(const Candidates& state, size_t most, std::mt19937_64& rng) {
    SolutionSearch search{most, rng};
    search.run(state);
    return search.found;
}

struct Puzzle {
    Cells clues = 0;
    uint8_t grid[81] = {};

    Puzzle() = default;
    Puzzle(const uint8_t* puzzle, const uint8_t* solution) {
        std::copy(solution, solution + 81, grid);
        for (int i = 0; i < 81; i++)
            if (puzzle[i]) clues |= cell_bit(i);
    }
    void digits(uint8_t* out) const {
        for (int i = 0; i < 81; i++) out[i] = clues & cell_bit(i) ? grid[i] : 0;
    }
    Candidates candidates() const {
        Candidates state;
        for (Cells left = clues; left; left &= left - 1) state.place(lowest(left), grid[lowest(left)] - 1);
        return state;
    }
    // Takes away clues in random order until each is needed.
    void minimise(std::mt19937_64& rng) {
        for (Cells untried = clues; untried;) {
            const Cells clue = some(untried, rng);
            const int cell = lowest(clue);
            untried &= ~clue, clues &= ~clue;
            Candidates state = candidates();
            state.of[grid[cell] - 1] &= ~clue;  // any second solution has another digit there
            if (!some_solutions(state, 1, rng).empty()) clues |= clue;
        }
    }
    // Puzzles that have N of the clues less and others instead, at most TRIES, each with one solution. N clues less have
    // several solutions; what a single one of them has, makes it the only one. Clues may be left that are not needed.
    std::vector<Puzzle> near(int n, size_t tries, std::mt19937_64& rng) const {
        constexpr size_t most = 200;
        Puzzle less = *this;
        for (; n; n--) less.clues &= ~some(less.clues, rng);
        std::vector<Solution> solutions;
        while ((solutions = some_solutions(less.candidates(), most, rng)).size() == most) {
            less.take(solutions[rng() % most]);  // too many: a clue of one of them
            less.clues |= some(ALL & ~less.clues, rng);
        }
        Cells once[9] = {}, twice[9] = {};
        for (const Solution& s : solutions)
            for (int d = 0; d < 9; d++) twice[d] |= once[d] & s.of[d], once[d] |= s.of[d];
        std::vector<std::pair<int, Cells>> single;
        for (int d = 0; d < 9; d++)
            for (Cells left = once[d] & ~twice[d]; left; left &= left - 1) {
                const Cells cell = left & -left;
                if (!(clues & cell) || grid[lowest(cell)] != d + 1) single.push_back({d, cell});
            }
        std::shuffle(single.begin(), single.end(), rng);
        std::vector<Puzzle> puzzles;
        for (size_t i = 0; i < std::min(tries, single.size()); i++) {
            const auto [digit, cell] = single[i];
            for (const Solution& s : solutions)
                if (s.has(digit, cell)) {
                    Puzzle& puzzle = puzzles.emplace_back(less);
                    puzzle.take(s), puzzle.clues |= cell;
                }
        }
        return puzzles;
    }

private:
    void take(const Solution& solution) {
        for (int d = 0; d < 9; d++)
            for (Cells left = solution.of[d]; left; left &= left - 1) grid[lowest(left)] = d + 1;
    }
    static Cells some(Cells set, std::mt19937_64& rng) {
        for (int skip = rng() % size(set); skip; skip--) set &= set - 1;
        return set & -set;
    }
};

}  // namespace sudoku
