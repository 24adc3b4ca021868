// Puzzles that stay stuck for one who looks one step ahead. usage:
//   extreme OUT --population FILE [--seeds FILE] [--exclude FILE] … [--seconds N] [--seed N] [--members N]
//           [--per-grid N]
// A population of puzzles drifts by changes of a clue or two, most of which bring another grid. Members that are stuck
// for good (no candidate fails once assumed, or striking those that do ends before the grid is solved) stay so, and what
// they become is written: records of 164 bytes of the kind 3, with the strong count in place of branch nodes. Others
// climb in G = C - 6 F (C candidates, F of them failing) until they are stuck; the worst of them give way to copies of
// the best. The population begins with the seeds (a pool or a CSV) or, without any, with ordinary puzzles, and is kept in
// its file, from which the next run goes on. Its members have grids of their own, even but for symmetries: one that moves
// to a new grid stays behind as well, until there are MEMBERS (2000). At most PER-GRID puzzles (4) of a grid are written,
// and none of a grid in a file or folder to exclude.
#include "measures.hpp"
#include "mutate.hpp"
#include "records.hpp"
#include "sudoku.hpp"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

using namespace sudoku;

constexpr int EXTREME = 3;         // the kind in the pool
constexpr int STUCK = 300;         // G of a puzzle that is stuck for good, and what still stands on top
constexpr int NEARLY_STUCK = 14;   // failing candidates up to which it is tried whether striking them gets stuck
constexpr int LEAST_STRONG = 10, MOST_STRONG = 400, LEAST_BRANCH = 10;
// What stuck members keep, each one of each row: the least candidates and best first branch, the most failing candidates.
// They are spread as in published puzzles.
constexpr int CANDIDATES[] = {160, 175, 190, 205, 212, 217, 220, 224};
constexpr int BRANCHES[] = {10, 15, 20, 25, 30, 37, 45, 55};
constexpr int FAILING[] = {0, 0, 0, 0, 1, 2, 2, 5};
constexpr int HOPELESS = -1000;

// G of a puzzle, or HOPELESS as soon as it is known to be below `least` or, stuck, to have more failing candidates than
// `most`.
static int height(const Candidates& start, int least, int most, int& failing) {
    Candidates state = start;
    if (!state.logic() || state.complete()) return HOPELESS;
    const int candidates = state.count(), spare = candidates - least;
    if (least >= STUCK ? candidates < least - STUCK : spare < 0) return HOPELESS;
    const int bearable = least >= STUCK ? most : spare / 6;
    const Literals literals = look_ahead(state, bearable);
    failing = literals.fail;
    if (failing > bearable) return HOPELESS;
    const int g = candidates - 6 * failing;
    if (failing > NEARLY_STUCK) return g;
    const int standing = probe(state, literals), reached = standing ? STUCK + standing : g;
    return reached < least ? HOPELESS : reached;
}

struct Member {
    Puzzle puzzle;
    int height = HOPELESS;
    int level = 0;         // what its height may fall to once it has been there
    int branch = 0;        // its best first branch, up to `branch_level`
    int branch_level = 0;  // the same for that
    int failing = 0;       // its failing candidates
    int most_failing = 0;  // the same for those
    uint64_t grid = 0;     // its symmetry class
};

static volatile std::sig_atomic_t stopped = 0;

struct Population {
    std::vector<Member> members;
    Excluded excluded;
    std::mt19937_64 rng;
    std::FILE* out = nullptr;
    std::unordered_map<uint64_t, int> living, written;  // by grid
    size_t most_members = 2000;
    int per_grid = 4;
    long steps = 0, accepted = 0, records = 0;

    void add(const Record& record) {
        Member member;
        member.puzzle = Puzzle(record.puzzle, record.solution);
        member.height = height(member.puzzle.candidates(), HOPELESS, 0, member.failing);
        member.grid = symmetry_class(record.solution), living[member.grid]++;
        set_level(member);
        members.push_back(member);
    }
    void set_level(Member& member) {
        member.level = (member.height >= STUCK ? STUCK : 0) + CANDIDATES[rng() % 8];
        member.branch = 0, member.branch_level = BRANCHES[rng() % 8];
        member.most_failing = FAILING[rng() % 8];
    }
    void add_ordinary() {
        Record record;
        random_grid(record.solution, rng);
        std::copy(record.solution, record.solution + 81, record.puzzle);
        minimise(record.puzzle, rng);
        add(record);
    }
    void step() {
        const size_t at = rng() % members.size();
        const Member parent = members[at];
        const bool was_stuck = parent.height >= STUCK;
        const int least = std::min(parent.level, parent.height - 1);
        const int most = std::max(parent.most_failing, parent.failing);
        for (const Puzzle& puzzle : parent.puzzle.near(rng() % 4 ? 1 : 2, 8, rng)) {
            steps++;
            Member next = parent;
            next.grid = symmetry_class(puzzle.grid);
            const bool moves = next.grid != parent.grid;
            if (moves ? living[next.grid] > 0 || excluded.has(next.grid) : rng() % 4 > 0) continue;
            if (height(puzzle.candidates(), least, most, next.failing) == HOPELESS) continue;
            next.puzzle = puzzle, next.puzzle.minimise(rng);
            const Candidates candidates = next.puzzle.candidates();
            next.height = height(candidates, least, most, next.failing);
            if (next.height == HOPELESS) continue;
            const int strong = next.height > 120 ? strong_count(candidates, MOST_STRONG + 1) : 0;
            if (strong > MOST_STRONG) continue;
            if (next.height >= STUCK && !was_stuck) set_level(next);
            if (next.height >= STUCK) next.branch = branch(candidates, next.branch_level);
            if (next.branch < std::min(next.branch_level, parent.branch)) continue;
            accepted++;
            if (next.branch >= LEAST_BRANCH && strong >= LEAST_STRONG) write(next, strong);
            living[next.grid]++;
            if (was_stuck && moves && members.size() < most_members) {
                members.push_back(next);
            } else {
                living[parent.grid]--;
                members[at] = next;
            }
            return;
        }
    }
    static int branch(Candidates state, int enough) { return state.logic() ? best_first_branch(state, enough) : 0; }
    void write(const Member& member, int strong) {
        if (written[member.grid] >= per_grid || excluded.has(member.grid)) return;
        uint8_t record[164];
        member.puzzle.digits(record), std::copy(member.puzzle.grid, member.puzzle.grid + 81, record + 81);
        record[162] = EXTREME, record[163] = std::min(strong, 255);
        std::fwrite(record, 1, sizeof record, out);
        written[member.grid]++, records++;
    }
    // Of the worst twentieth, members that still climb become copies of the best quarter.
    void select() {
        std::vector<size_t> order(members.size());
        for (size_t i = 0; i < order.size(); i++) order[i] = i;
        auto higher = [&](size_t a, size_t b) { return members[a].height > members[b].height; };
        std::sort(order.begin(), order.end(), higher);
        for (size_t i = 0; i < order.size() / 20; i++) {
            Member& worst = members[order[order.size() - 1 - i]];
            if (worst.height >= STUCK) return;
            living[worst.grid]--;
            worst = members[order[rng() % (order.size() / 4)]];
            living[worst.grid]++;
            set_level(worst);
        }
    }
    void save(const std::string& path) {
        const std::string whole = path + ".new";
        std::FILE* file = std::fopen(whole.c_str(), "wb");
        for (const Member& member : members) {
            uint8_t record[164];
            member.puzzle.digits(record), std::copy(member.puzzle.grid, member.puzzle.grid + 81, record + 81);
            record[162] = EXTREME, record[163] = std::clamp(member.height, 0, 255);
            std::fwrite(record, 1, sizeof record, file);
        }
        std::fclose(file), std::rename(whole.c_str(), path.c_str());
    }
    void report(double seconds) {
        long sum = 0, stuck = 0;
        for (const Member& member : members) sum += std::max(member.height, 0), stuck += member.height >= STUCK;
        std::printf("%5.0f s  %ld steps  %ld changes", seconds, steps, accepted);
        std::printf("  %ld written, %zu grids", records, written.size());
        std::printf("  %zu members, %ld stuck, mean G %ld\n", members.size(), stuck, sum / long(members.size()));
        std::fflush(stdout), std::fflush(out);
    }
};

int main(int argc, char** argv) {
    std::string path, seeds;
    double seconds = 60;
    unsigned long seed = 1;
    Population population;
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string option = argv[i], value = argv[i + 1];
        if (option == "--population") path = value;
        else if (option == "--seeds") seeds = value;
        else if (option == "--seconds") seconds = std::stod(value);
        else if (option == "--seed") seed = std::stoul(value);
        else if (option == "--members") population.most_members = std::stoul(value);
        else if (option == "--per-grid") population.per_grid = std::stoi(value);
        else if (option == "--exclude") population.excluded.add(value);
        else return std::fprintf(stderr, "unknown option %s\n", argv[i]), 1;
    }
    if (argc < 4 || path.empty()) return std::fprintf(stderr, "usage: see the head of extreme.cpp\n"), 1;
    population.rng.seed(seed);
    for (const Record& record : read_pool(argv[1])) population.written[symmetry_class(record.solution)]++;
    if (!(population.out = std::fopen(argv[1], "ab"))) return std::perror(argv[1]), 1;
    std::vector<Record> begin = read_pool(path);
    if (begin.empty() && !seeds.empty()) begin = read_puzzles(seeds);
    for (const Record& record : begin) population.add(record);
    if (begin.empty())
        while (population.members.size() < population.most_members) population.add_ordinary();
    std::signal(SIGTERM, [](int) { stopped = 1; });
    const auto start = std::chrono::steady_clock::now();
    auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    for (double last = 0; elapsed() < seconds && !stopped;) {
        for (int i = 0; i < 200; i++) population.step();
        if (population.steps % (3 * population.members.size() + 200) < 200) population.select();
        if (elapsed() - last > 20) population.report(last = elapsed()), population.save(path);
    }
    population.report(elapsed()), population.save(path);
    std::fclose(population.out);
}
