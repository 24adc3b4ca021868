// Puzzles that stay stuck for one who looks one step ahead. usage:
//   extreme OUT --population FILE [--seeds FILE] [--exclude FILE] … [--seconds N] [--seed N] [--members N] [--every N]
// A population of puzzles drifts by small changes, each of which keeps one solution and no clue too many. Members that
// are stuck for good (no candidate fails once assumed, or striking those that do ends before the grid is solved) stay
// so, and are written as they change: records of 164 bytes of the kind 3, the strong count in place of branch nodes.
// Others climb in G = C - 6 F (C candidates, F of them failing) until they are; the worst of them give way to copies of
// the best. The population begins with the seeds (a pool or a CSV) or, without any, with ordinary puzzles, and is kept
// in its file, from which the next run goes on. It grows by division to MEMBERS (2000). A line writes a puzzle after
// EVERY changes (2). Left out are puzzles whose grid is, but for a symmetry, one of a file or folder to exclude.
#include "measures.hpp"
#include "mutate.hpp"
#include "records.hpp"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace sudoku;

constexpr int EXTREME = 3;         // the kind in the pool
constexpr int STUCK = 300;         // G of a puzzle that is stuck for good, and what still stands on top
constexpr int MOST_FAILING = 8;    // of those; the published have 0 to 5, few more
constexpr int NEARLY_STUCK = 14;   // failing candidates up to which it is tried whether striking them gets stuck
constexpr int LEAST_STRONG = 10, MOST_STRONG = 400, LEAST_BRANCH = 10;
constexpr int HOPELESS = -1000;

// G of a puzzle, or HOPELESS as soon as it is known to be below `least`.
static int height(const Candidates& start, int least) {
    Candidates state = start;
    if (!state.logic() || state.complete()) return HOPELESS;
    const int candidates = state.count(), spare = candidates - least;
    if (least >= STUCK ? candidates < least - STUCK : spare < 0) return HOPELESS;
    const int bearable = least >= STUCK ? MOST_FAILING : spare / 6;
    const Literals literals = look_ahead(state, bearable);
    if (literals.fail > bearable) return HOPELESS;
    const int g = candidates - 6 * literals.fail;
    if (literals.fail > NEARLY_STUCK) return g;
    const int standing = probe(state, literals), reached = standing ? STUCK + standing : g;
    return reached < least ? HOPELESS : reached;
}

struct Member {
    Puzzle puzzle;
    int height = HOPELESS;
    int level = 0;    // what it may fall to once it has been there
    int changes = 0;  // since a puzzle of its line was written
};

static volatile std::sig_atomic_t stopped = 0;

struct Population {
    std::vector<Member> members;
    Excluded excluded;
    std::mt19937_64 rng;
    std::FILE* out = nullptr;
    size_t most_members = 2000;
    int every = 2;
    long steps = 0, accepted = 0, written = 0, left_out = 0;

    void add(const Record& record) {
        Member member;
        member.puzzle = Puzzle(record.puzzle, record.solution);
        member.height = height(member.puzzle.candidates(), HOPELESS);
        set_level(member);
        members.push_back(member);
    }
    // Stuck ones keep the candidates that published puzzles have, or what they have if that is less.
    void set_level(Member& member) {
        const int levels[] = {140, 160, 175, 190, 200, 210, 215, 220};
        member.level = (member.height >= STUCK ? STUCK : 0) + levels[rng() % 8];
    }
    void add_ordinary() {
        Record record;
        random_grid(record.solution, rng);
        std::copy(record.solution, record.solution + 81, record.puzzle);
        minimise(record.puzzle, rng);
        add(record);
    }
    void step() {
        steps++;
        const size_t at = rng() % members.size();
        const bool was_stuck = members[at].height >= STUCK;
        Member next = members[at];
        const int clues = was_stuck || next.height > 110 ? (rng() % 10 < 6 ? 1 : rng() % 4 ? 2 : 3) : 1 + rng() % 3;
        const bool changed = next.puzzle.change(clues, rng);
        members[at].puzzle.learn(next.puzzle);
        if (!changed) return;
        const Candidates candidates = next.puzzle.candidates();
        next.height = height(candidates, std::min(next.level, next.height - 1));
        if (next.height == HOPELESS) return;
        int strong = 0;
        if (next.height > 120) strong = strong_count(candidates, MOST_STRONG + 1);
        if (strong > MOST_STRONG) return;
        accepted++, next.changes++;
        if (next.height >= STUCK && !was_stuck) set_level(next);
        if (next.height >= STUCK && next.changes >= every && strong >= LEAST_STRONG) write(next, strong);
        if (was_stuck && members.size() < most_members) members.push_back(next);
        else members[at] = next;
    }
    void write(Member& member, int strong) {
        member.changes = 0;
        uint8_t record[164];
        member.puzzle.digits(record), std::copy(member.puzzle.grid, member.puzzle.grid + 81, record + 81);
        if (excluded.has(record + 81)) {
            left_out++;
            return;
        }
        Candidates state = member.puzzle.candidates();
        state.logic();
        if (best_first_branch(state, LEAST_BRANCH) < LEAST_BRANCH) return;
        record[162] = EXTREME, record[163] = std::min(strong, 255);
        std::fwrite(record, 1, sizeof record, out);
        written++;
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
            worst = members[order[rng() % (order.size() / 4)]];
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
        std::printf("  %ld written  %ld left out", written, left_out);
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
        else if (option == "--every") population.every = std::stoi(value);
        else if (option == "--exclude") population.excluded.add(value);
        else return std::fprintf(stderr, "unknown option %s\n", argv[i]), 1;
    }
    if (argc < 4 || path.empty()) return std::fprintf(stderr, "usage: see the head of extreme.cpp\n"), 1;
    population.rng.seed(seed);
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
