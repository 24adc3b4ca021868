// Measures of puzzles. usage: grade FILE [all|each]
// Prints, for each source in a CSV or for a pool, quartiles of the measures over puzzles with a strong count of 10 or
// more (`all`: over all puzzles), and how many of them looking one step ahead solves. `each`: a CSV with the measures
// of each puzzle and its grid's symmetry class.
#include "measures.hpp"
#include "records.hpp"
#include <cstdio>
#include <map>
#include <string>

using namespace sudoku;

static void quartiles(const char* name, std::vector<int> values) {
    std::sort(values.begin(), values.end());
    auto at = [&](double share) { return values[size_t((values.size() - 1) * share)]; };
    std::printf("  %s %d / %d / %d", name, at(0.25), at(0.5), at(0.75));
}

static void each(const char* path) {
    auto text = [](const uint8_t* grid, char blank) {
        std::string s(81, blank);
        for (int i = 0; i < 81; i++)
            if (grid[i]) s[i] = '0' + grid[i];
        return s;
    };
    std::printf("source,question,answer,strong,candidates,failing,solving,branch,standing,class\n");
    for (const Record& record : read_puzzles(path)) {
        const Measures m = measure(record.puzzle);
        const std::string question = text(record.puzzle, '.'), answer = text(record.solution, '.');
        std::printf("%s,%s,%s", record.source.c_str(), question.c_str(), answer.c_str());
        std::printf(",%d,%d,%d,%d,%d,%d", m.strong, m.candidates, m.failing, m.solving, m.branch, m.standing);
        std::printf(",%016llx\n", static_cast<unsigned long long>(symmetry_class(record.solution)));
    }
}

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: grade FILE [all|each]\n"), 1;
    const std::string which = argc > 2 ? argv[2] : "";
    if (which == "each") return each(argv[1]), 0;
    std::map<std::string, std::vector<Measures>> sources;
    std::map<std::string, int> easy;
    for (const Record& record : read_puzzles(argv[1])) {
        const Measures m = measure(record.puzzle);
        if (m.strong < 10) easy[record.source]++;
        if (m.strong >= 10 || which == "all") sources[record.source].push_back(m);
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
