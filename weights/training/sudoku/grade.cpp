// Measures of puzzles. usage: grade FILE [all]
// Prints, for each source in a CSV or for a pool, quartiles of the measures over puzzles with a strong count of 10 or
// more (`all`: over all puzzles), and how many of them looking one step ahead solves.
#include "measures.hpp"
#include "records.hpp"
#include <cstdio>
#include <map>

using namespace sudoku;

static void quartiles(const char* name, std::vector<int> values) {
    std::sort(values.begin(), values.end());
    auto at = [&](double share) { return values[size_t((values.size() - 1) * share)]; };
    std::printf("  %s %d / %d / %d", name, at(0.25), at(0.5), at(0.75));
}

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: grade FILE [all]\n"), 1;
    std::map<std::string, std::vector<Measures>> sources;
    std::map<std::string, int> easy;
    for (const Record& record : read_puzzles(argv[1])) {
        const Measures m = measure(record.puzzle);
        if (m.strong < 10) easy[record.source]++;
        if (m.strong >= 10 || argc > 2) sources[record.source].push_back(m);
    }
    for (auto& [source, all] : sources) {
        std::printf("%s: %zu (%d with a strong count below 10)", source.c_str(), all.size(), easy[source]);
        auto column = [&](const char* name, int Measures::*field) {
            std::vector<int> values;
            for (const Measures& m : all) values.push_back(m.*field);
            quartiles(name, values);
        };
        column("strong", &Measures::strong), column("candidates", &Measures::candidates);
        column("failing", &Measures::failing), column("solving", &Measures::solving);
        column("branch", &Measures::branch);
        int solved = 0;
        for (const Measures& m : all) solved += m.standing == 0;
        std::printf("  solved by probing %d\n", solved);
    }
}
