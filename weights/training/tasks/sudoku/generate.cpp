// Puzzle generator. usage: generate OUT SECONDS SEED [EXCLUDE [PER_WALK]]
// Appends records of 164 bytes: puzzle (81 digits, 0 blank), solution (81), kind, min(branch nodes, 255).
// kind 0: minimal puzzles of random grids; 1: a walk that climbs to many branch nodes (a level from 10 to 100);
// 2: a walk down to few clues (<= 20); a walk gives at most PER_WALK puzzles (200; few for a varied test set). Left out
// are puzzles whose grid is, but for a symmetry, one of EXCLUDE, which is a file or a folder of files.
#include "records.hpp"
#include "sudoku.hpp"
#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace sudoku;
enum Kind { MINIMAL, HARD, FEW };

struct Generator {
    std::FILE* out;
    std::mt19937_64 rng;
    Excluded held_out{};
    int per_walk = 200;
    long count[3] = {}, histogram[3][5] = {};

    void emit(const uint8_t* puzzle, const uint8_t* solution, Kind kind, int nodes) {
        if (held_out.has(symmetry_class(solution))) return;
        uint8_t tail[2] = {uint8_t(kind), uint8_t(std::min(nodes, 255))};
        std::fwrite(puzzle, 1, 81, out), std::fwrite(solution, 1, 81, out), std::fwrite(tail, 1, 2, out);
        count[kind]++, histogram[kind][nodes == 0 ? 0 : nodes < 10 ? 1 : nodes < 20 ? 2 : nodes < 40 ? 3 : 4]++;
    }
    void minimal() {
        uint8_t grid[81], puzzle[81];
        random_grid(grid, rng);
        for (int i = 0; i < 3; i++) {
            std::memcpy(puzzle, grid, 81);
            minimise(puzzle, rng);
            emit(puzzle, grid, MINIMAL, rate(puzzle));
        }
    }
    // A walk over puzzles and grids by small changes. It keeps what it has climbed, up to the level; from there on
    // every puzzle that it meets is written.
    void walk(Kind kind) {
        static const int levels[] = {10, 15, 20, 30, 40, 60, 100};
        const int level = levels[rng() % 7], least = 20;
        uint8_t grid[81], puzzle[81];
        random_grid(grid, rng);
        std::memcpy(puzzle, grid, 81);
        minimise(puzzle, rng);
        int nodes = rate(puzzle), n = clues(puzzle), emitted = 0;
        for (int step = 0; step < 3000 && emitted < per_walk; step++) {
            uint8_t next[81], solution[81];
            std::memcpy(next, puzzle, 81), std::memcpy(solution, grid, 81);
            mutate(next, solution, kind == HARD ? 1 + rng() % 3 : 2 + rng() % 2, rng);
            const int next_nodes = rate(next), next_n = clues(next);
            const bool climbs = next_nodes >= std::min(nodes * 0.8, double(level));
            const bool good = kind == HARD ? climbs : next_n <= std::max(n, least);
            if (!good || !std::memcmp(next, puzzle, 81)) continue;
            std::memcpy(puzzle, next, 81), std::memcpy(grid, solution, 81), nodes = next_nodes, n = next_n;
            if (kind == HARD ? nodes >= level : n <= least) emit(puzzle, grid, kind, nodes), emitted++;
        }
    }
    void report(double seconds) {
        std::printf("%4.0f s", seconds);
        for (int k = 0; k < 3; k++) {
            std::printf("  kind %d: %ld (nodes 0/1-9/10-19/20-39/40+:", k, count[k]);
            for (long n : histogram[k]) std::printf(" %ld", n);
            std::printf(")");
        }
        std::printf("\n"), std::fflush(stdout), std::fflush(out);
    }
};

int main(int argc, char** argv) {
    if (argc < 4) return std::fprintf(stderr, "usage: generate OUT SECONDS SEED [EXCLUDE [PER_WALK]]\n"), 1;
    const double seconds = std::atof(argv[2]);
    Generator g{std::fopen(argv[1], "ab"), std::mt19937_64(std::atoll(argv[3]))};
    if (!g.out) return std::perror(argv[1]), 1;
    if (argc > 4) g.held_out.add(argv[4]);
    if (argc > 5) g.per_walk = std::atoi(argv[5]);
    auto start = std::chrono::steady_clock::now();
    auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    double spent[3] = {}, share[3] = {0.10, 0.65, 0.25}, last = 0;
    while (elapsed() < seconds) {
        int kind = MINIMAL;  // the kind that is furthest behind its share of the time
        for (int k = HARD; k <= FEW; k++)
            if (spent[k] / share[k] < spent[kind] / share[kind]) kind = k;
        const double t0 = elapsed();
        if (kind == MINIMAL) g.minimal();
        else g.walk(Kind(kind));
        spent[kind] += elapsed() - t0;
        if (elapsed() - last > 20) g.report(last = elapsed());
    }
    g.report(elapsed());
    std::fclose(g.out);
}
