// Sudoku solver, uniqueness check and puzzle search on candidate masks.
#pragma once
#include <cstdint>
#include <cstring>
#include <random>

namespace sudoku {

struct Tables {
    uint8_t unit[27][9];   // 9 rows, 9 columns, 9 boxes
    uint8_t peer[81][20];  // the other cells of a cell's row, column and box
    Tables() {
        for (int r = 0; r < 9; r++)
            for (int c = 0; c < 9; c++) {
                int b = r / 3 * 3 + c / 3, cell = r * 9 + c;
                unit[r][c] = cell, unit[9 + c][r] = cell, unit[18 + b][r % 3 * 3 + c % 3] = cell;
            }
        for (int a = 0; a < 81; a++) {
            int n = 0;
            for (int b = 0; b < 81; b++)
                if (a != b && (a / 9 == b / 9 || a % 9 == b % 9 || (a / 27 == b / 27 && a % 9 / 3 == b % 9 / 3))) peer[a][n++] = b;
        }
    }
};
inline const Tables T;

// Candidates of every cell as 9-bit masks; `fixed` marks cells whose single digit was already propagated.
struct Board {
    uint16_t cand[81];
    bool fixed[81];
    int open;
    Board() : open(81) {
        for (auto& c : cand) c = 511;
        std::memset(fixed, 0, sizeof fixed);
    }
    bool place(int cell, uint16_t bit) {  // false: contradiction
        if (!(cand[cell] & bit)) return false;
        uint8_t stack[96];
        int n = 0;
        cand[cell] = bit;
        stack[n++] = cell;
        while (n) {
            int a = stack[--n];
            if (fixed[a]) continue;
            fixed[a] = true, open--;
            uint16_t m = cand[a];
            for (int p : T.peer[a])
                if (cand[p] & m) {
                    uint16_t left = cand[p] &= ~m;
                    if (!left) return false;
                    if (!(left & (left - 1)) && !fixed[p]) stack[n++] = p;
                }
        }
        return true;
    }
    bool singles() {  // hidden singles until none is left (naked ones are placed on the way)
        for (bool again = true; again && open;) {
            again = false;
            for (auto& u : T.unit) {
                uint16_t once = 0, twice = 0, done = 0;
                for (int c : u) {
                    twice |= once & cand[c], once |= cand[c];
                    if (fixed[c]) done |= cand[c];
                }
                if (once != 511) return false;
                uint16_t hidden = once & ~twice & ~done;
                if (!hidden) continue;
                for (int c : u)
                    if (!fixed[c] && (cand[c] & hidden)) {
                        if (!place(c, cand[c] & hidden & -(cand[c] & hidden))) return false;
                        again = true;
                    }
            }
        }
        return true;
    }
};

// Depth-first search; counts branch nodes. Stops after `limit` solutions; `out` receives the last one found.
struct Search {
    int limit, found = 0, nodes = 0;
    uint8_t out[81];
    std::mt19937_64* rng = nullptr;  // random cell and digit order (for making grids)
    void run(const Board& start) {
        Board b = start;
        if (!b.singles()) return;
        if (!b.open) {
            for (int i = 0; i < 81; i++) out[i] = __builtin_ctz(b.cand[i]) + 1;
            found++;
            return;
        }
        int best = -1, size = 10, ties = 0;
        for (int i = 0; i < 81; i++)
            if (!b.fixed[i]) {
                int n = __builtin_popcount(b.cand[i]);
                if (n < size) size = n, best = i, ties = 1;
                else if (rng && n == size && (*rng)() % ++ties == 0) best = i;
                if (size == 2 && !rng) break;
            }
        nodes++;
        uint16_t left = b.cand[best];
        while (left && found < limit) {
            uint16_t bit = left & -left;
            if (rng)
                for (int k = (*rng)() % __builtin_popcount(left); k--;) bit = (left & ~(bit | (bit - 1))) & -(left & ~(bit | (bit - 1)));
            left &= ~bit;
            Board next = b;
            if (next.place(best, bit)) run(next);
        }
    }
};

inline bool load(const uint8_t* puzzle, Board& b) {
    for (int i = 0; i < 81; i++)
        if (puzzle[i] && !b.place(i, 1 << (puzzle[i] - 1))) return false;
    return true;
}

// Branch nodes of a complete search (0: singles suffice), or -1 if the puzzle has not exactly one solution.
inline int rate(const uint8_t* puzzle, uint8_t* solution = nullptr) {
    Board b;
    if (!load(puzzle, b)) return -1;
    Search s{2};
    s.run(b);
    if (s.found == 1 && solution) std::memcpy(solution, s.out, 81);
    return s.found == 1 ? s.nodes : -1;
}

// With clue `cell` removed, is there a solution with another digit there?
inline bool needed(const uint8_t* puzzle, int cell) {
    Board b;
    b.cand[cell] = 511 & ~(1 << (puzzle[cell] - 1));
    for (int i = 0; i < 81; i++)
        if (i != cell && puzzle[i] && !b.place(i, 1 << (puzzle[i] - 1))) return false;
    Search s{1};
    s.run(b);
    return s.found > 0;
}

inline void shuffled(uint8_t* order, std::mt19937_64& rng) {
    for (int i = 0; i < 81; i++) order[i] = i;
    for (int i = 80; i > 0; i--) std::swap(order[i], order[rng() % (i + 1)]);
}

inline void minimise(uint8_t* puzzle, std::mt19937_64& rng) {  // remove clues in random order until each is needed
    uint8_t order[81];
    shuffled(order, rng);
    for (int c : order)
        if (puzzle[c] && !needed(puzzle, c)) puzzle[c] = 0;
}

inline void random_grid(uint8_t* grid, std::mt19937_64& rng) {
    Search s{1};
    s.rng = &rng;
    s.run(Board{});
    std::memcpy(grid, s.out, 81);
}

// Drop `k` clues, once in five take any solution of what is left as the new grid, put clues of the grid back where a second
// solution differs until there is none, minimise again.
inline void mutate(uint8_t* puzzle, uint8_t* solution, int k, std::mt19937_64& rng) {
    uint8_t order[81];
    shuffled(order, rng);
    for (int i = 0; i < 81 && k; i++)
        if (puzzle[order[i]]) puzzle[order[i]] = 0, k--;
    if (rng() % 5 == 0) {
        Board b;
        load(puzzle, b);
        Search s{1};
        s.rng = &rng;
        s.run(b);
        std::memcpy(solution, s.out, 81);
    }
    for (;;) {
        Board b;
        load(puzzle, b);
        Search s{2};
        std::mt19937_64 local(rng());
        s.rng = &local;
        uint8_t first[81];
        // two solutions: at least one differs from the wanted one
        s.limit = 1, s.run(b), std::memcpy(first, s.out, 81);
        if (!std::memcmp(first, solution, 81)) {
            s.found = 0, s.limit = 2, s.run(b);
            if (s.found < 2) break;
            if (!std::memcmp(s.out, solution, 81)) continue;
            std::memcpy(first, s.out, 81);
        }
        int n = 0, pick = -1;
        for (int i = 0; i < 81; i++)
            if (first[i] != solution[i] && rng() % ++n == 0) pick = i;
        puzzle[pick] = solution[pick];
    }
    minimise(puzzle, rng);
}

inline int clues(const uint8_t* p) {
    int n = 0;
    for (int i = 0; i < 81; i++) n += p[i] > 0;
    return n;
}
}  // namespace sudoku
