// Candidates as bit sets of cells, a set a digit, and the logic of the grades: singles, locked candidates, pairs.
// All of it works on whole sets, so that a pass over a digit takes the same few operations whatever stands there.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>

namespace sudoku {

__extension__ typedef unsigned __int128 Cells;  // one bit a cell

constexpr Cells cell_bit(int cell) { return Cells(1) << cell; }
inline int lowest(Cells set) {
    const uint64_t low = uint64_t(set);
    return low ? std::countr_zero(low) : 64 + std::countr_zero(uint64_t(set >> 64));
}
inline int size(Cells set) { return std::popcount(uint64_t(set)) + std::popcount(uint64_t(set >> 64)); }

// `n` cells, one in every `step`.
constexpr Cells comb(int step, int n) {
    Cells set = 0;
    for (int i = 0; i < n; i++) set |= cell_bit(i * step);
    return set;
}
constexpr Cells ALL = (Cells(1) << 81) - 1;
constexpr Cells BAND = (Cells(1) << 27) - 1;                                    // three rows
constexpr Cells FIRST_ROWS = Cells(511) | Cells(511) << 27 | Cells(511) << 54;  // the first row of each band
// First cells of rows, of the threes that a row and a box share, and of boxes.
constexpr Cells ROWS = comb(9, 9), TRIPLES = comb(3, 27), BOXES = TRIPLES & FIRST_ROWS;

struct Units {
    Cells unit[27], peers[81];  // rows, columns, boxes; the other cells of a cell's units
    static constexpr std::array<int, 3> units_of(int cell) {
        return {cell / 9, 9 + cell % 9, 18 + cell / 27 * 3 + cell % 9 / 3};
    }
    constexpr Units() : unit(), peers() {
        for (int cell = 0; cell < 81; cell++)
            for (int u : units_of(cell)) unit[u] |= cell_bit(cell);
        for (int cell = 0; cell < 81; cell++) {
            for (int u : units_of(cell)) peers[cell] |= unit[u];
            peers[cell] &= ~cell_bit(cell);
        }
    }
};
inline constexpr Units UNITS;

// Of three sets: where at least one, and at least two of them have a bit.
struct Tally {
    Cells any, many;
};
inline Tally tally(Cells a, Cells b, Cells c) { return {a | b | c, (a & b) | (a & c) | (b & c)}; }
// The same of three tallies.
inline Tally tally(Tally a, Tally b, Tally c) {
    Tally t = tally(a.any, b.any, c.any);
    t.many |= a.many | b.many | c.many;
    return t;
}
inline Tally shifted(Tally t, int by, Cells within) { return {t.any >> by & within, t.many >> by & within}; }

// The other two of each three places that are STEP bits apart and begin at `first`: has one of them a bit?
template <int STEP>
inline Cells others(Cells set, Cells first) {
    const Cells a = set & first, b = set >> STEP & first, c = set >> 2 * STEP & first;
    return (b | c) | (a | c) << STEP | (a | b) << 2 * STEP;
}

struct Candidates {
    Cells of[9], solved = 0;  // where each digit may stand; cells whose digit was taken from their peers
    Cells checked[9] = {};    // what `hidden` and `locked` saw of a digit when they last found nothing
    Candidates() { std::fill(of, of + 9, ALL); }

    bool complete() const { return solved == ALL; }
    int count() const {  // candidates of the open cells
        int n = 0;
        for (Cells set : of) n += size(set & ~solved);
        return n;
    }
    // False if the digit cannot stand there. What follows for other cells is found by `logic`.
    bool place(int cell, int digit) {
        const Cells here = cell_bit(cell);
        if (!(of[digit] & here)) return false;
        for (Cells& set : of) set &= ~here;
        of[digit] = (of[digit] & ~UNITS.peers[cell]) | here;
        solved |= here;
        return true;
    }
    bool load(const uint8_t* puzzle) {
        for (int i = 0; i < 81; i++)
            if (puzzle[i] && !place(i, puzzle[i] - 1)) return false;
        return true;
    }
    // By n, up to N: the cells with at least n candidates.
    template <int N>
    std::array<Cells, N + 1> at_least() const {
        std::array<Cells, N + 1> cells{ALL};
        for (Cells set : of)
            for (int n = N; n; n--) cells[n] |= cells[n - 1] & set;
        return cells;
    }
    // Places single candidates of cells until none is left; false where a cell has none.
    bool naked_singles() {
        for (;;) {
            const auto with = at_least<2>();
            if (with[1] != ALL) return false;
            const Cells single = ALL & ~with[2] & ~solved;
            if (!single) return true;
            for (Cells& set : of)
                for (Cells left = set & single; left; left &= left - 1) {
                    const int cell = lowest(left);
                    if (!(set & cell_bit(cell))) return false;  // a peer had the same
                    set &= ~UNITS.peers[cell];
                    solved |= cell_bit(cell);
                }
        }
    }
    // Places a digit where only one cell of a unit can take it. 1: it did; 0: nowhere; -1: a unit has no place for it.
    int hidden_singles(int digit) {
        const Cells set = of[digit];
        const Tally triples = tally(set & TRIPLES, set >> 1 & TRIPLES, set >> 2 & TRIPLES);
        const Tally rows = tally(shifted(triples, 0, ROWS), shifted(triples, 3, ROWS), shifted(triples, 6, ROWS));
        const Tally boxes =
            tally(shifted(triples, 0, BOXES), shifted(triples, 9, BOXES), shifted(triples, 18, BOXES));
        const Tally bands = tally(set & BAND, set >> 27 & BAND, set >> 54);
        const Tally columns = tally(shifted(bands, 0, 511), shifted(bands, 9, 511), shifted(bands, 18, 511));
        if (rows.any != ROWS || boxes.any != BOXES || columns.any != 511) return -1;
        const Cells row = ROWS & ~rows.many, box = (BOXES & ~boxes.many) * 7, column = 511 & ~columns.many;
        const Cells band = column | column << 9 | column << 18;
        const Cells single = row * 511 | (box | box << 9 | box << 18) | (band | band << 27 | band << 54);
        Cells found = set & single & ~solved;
        if (!found) return 0;
        for (; found; found &= found - 1)
            if (!place(lowest(found), digit)) return -1;
        return 1;
    }
    // Strikes a digit where a line has it in one box only, or a box has it in one line only. True if it did.
    bool locked(int digit) {
        const Cells set = of[digit];
        const Cells in_rows = (set | set >> 1 | set >> 2) & TRIPLES;  // the three cells that a row and a box share
        const Cells other_boxes = others<3>(in_rows, ROWS), other_rows = others<9>(in_rows, BOXES);
        const Cells row = others<9>(in_rows & ~other_boxes, BOXES) | others<3>(in_rows & ~other_rows, ROWS);
        const Cells in_columns = (set | set >> 9 | set >> 18) & FIRST_ROWS;  // those that a column and a box share
        const Cells other_bands = others<27>(in_columns, 511), beside = others<1>(in_columns, BOXES);
        const Cells column =
            others<1>(in_columns & ~other_bands, BOXES) | others<27>(in_columns & ~beside, 511);
        of[digit] = set & ~(row * 7) & ~(column | column << 9 | column << 18);
        return of[digit] != set;
    }
    // Naked and hidden pairs. True if a candidate was struck.
    bool pairs() {
        const auto with = at_least<3>();
        const Cells with_two = with[2] & ~with[3];
        Cells before[9];
        std::copy(of, of + 9, before);
        uint32_t twice[9];  // units in which a digit has two places
        for (int d = 0; d < 9; d++) {
            twice[d] = 0;
            for (int u = 0; u < 27; u++) twice[d] |= uint32_t(size(of[d] & UNITS.unit[u]) == 2) << u;
        }
        for (int d = 0; d < 9; d++)
            for (int e = d + 1; e < 9; e++) {
                for (Cells left = before[d] & before[e] & with_two; left; left &= left - 1) {
                    const int cell = lowest(left);
                    for (Cells twins = left & UNITS.peers[cell]; twins; twins &= twins - 1) {
                        const Cells both = UNITS.peers[cell] & UNITS.peers[lowest(twins)];
                        of[d] &= ~both, of[e] &= ~both;
                    }
                }
                for (uint32_t units = twice[d] & twice[e]; units; units &= units - 1) {
                    const Cells unit = UNITS.unit[std::countr_zero(units)], places = before[d] & unit;
                    if (places != (before[e] & unit)) continue;
                    for (int f = 0; f < 9; f++)
                        if (f != d && f != e) of[f] &= ~places;
                }
            }
        return !std::equal(of, of + 9, before);
    }
    // Applies it all until nothing changes; false: a contradiction. Without PAIRS it is the quicker part of it.
    template <bool PAIRS = true>
    bool logic() {
        for (;;) {
            if (!naked_singles()) return false;
            if (complete()) return true;
            bool changed = false;
            for (int d = 0; d < 9; d++) {
                if (of[d] == checked[d]) continue;
                const int placed = hidden_singles(d);
                if (placed < 0) return false;
                if (placed || locked(d)) changed = true;
                else checked[d] = of[d];
            }
            if (!changed && !(PAIRS && pairs())) return true;
        }
    }
    // The first of the open cells with the fewest candidates.
    int narrowest() const {
        const auto with = at_least<9>();
        for (int n = 2; n < 9; n++)
            if (const Cells exactly = with[n] & ~with[n + 1] & ~solved) return lowest(exactly);
        return lowest(ALL & ~solved);
    }
    void digits(uint8_t* out) const {
        for (int d = 0; d < 9; d++)
            for (Cells left = of[d]; left; left &= left - 1) out[lowest(left)] = d + 1;
    }
};

}  // namespace sudoku
