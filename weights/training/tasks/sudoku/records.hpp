// Puzzles in files: pools of 164 bytes a record (puzzle 81, solution 81, kind, branch nodes) and CSV with the columns
// source, question, answer. And which grids are the same but for a symmetry.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>
#include <vector>

namespace sudoku {

struct Record {
    uint8_t puzzle[81], solution[81], kind = 0, nodes = 0;
    std::string source;
};

inline std::vector<Record> read_pool(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string raw((std::istreambuf_iterator<char>(in)), {});
    std::vector<Record> records(raw.size() / 164);
    for (size_t i = 0; i < records.size(); i++) {
        const char* from = raw.data() + i * 164;
        std::memcpy(records[i].puzzle, from, 81), std::memcpy(records[i].solution, from + 81, 81);
        records[i].kind = from[162], records[i].nodes = from[163];
    }
    return records;
}

inline std::vector<Record> read_csv(const std::string& path) {
    std::ifstream in(path);
    std::vector<Record> records;
    for (std::string line; std::getline(in, line);) {
        Record record;
        int grids = 0;
        for (size_t at = 0, end; at < line.size(); at = end + 1) {
            end = std::min(line.find(',', at), line.size());
            if (end - at != 81) {
                if (!at) record.source = line.substr(0, end);
                continue;
            }
            uint8_t* to = grids++ ? record.solution : record.puzzle;
            for (int i = 0; i < 81; i++) to[i] = line[at + i] >= '1' && line[at + i] <= '9' ? line[at + i] - '0' : 0;
        }
        if (grids == 2) records.push_back(record);
    }
    return records;
}

// Of a pool, a CSV, or a folder of them.
inline std::vector<Record> read_puzzles(const std::string& path) {
    if (!std::filesystem::is_directory(path)) return path.ends_with(".csv") ? read_csv(path) : read_pool(path);
    std::vector<Record> all;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        const std::vector<Record> some = read_puzzles(entry.path().string());
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

// A number that all grids of a symmetry class share (digits, rows in bands, columns in stacks, bands, stacks,
// transposition) and others hardly ever. It is made of the cycles by which a row turns into another: for each row those
// with the two others of its band and with the six of other bands, for the grid those of all rows, and so for columns.
inline uint64_t symmetry_class(const uint8_t* grid) {
    auto mix = [](uint64_t x) {
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9, x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return x ^ x >> 31;
    };
    auto lines = [&](int along, int across) {
        uint64_t all = 0;
        for (int a = 0; a < 9; a++) {
            uint64_t near = 0, far = 0;
            for (int b = 0; b < 9; b++) {
                if (a == b) continue;
                int to[10] = {}, lengths[10] = {};
                for (int i = 0; i < 9; i++) to[grid[a * across + i * along]] = grid[b * across + i * along];
                for (int digit = 1; digit <= 9; digit++) {
                    int n = 0;
                    for (int next = digit; to[next]; n++) {
                        const int after = to[next];
                        to[next] = 0, next = after;
                    }
                    if (n) lengths[n]++;
                }
                uint64_t kind = 0;
                for (int n : lengths) kind = kind * 10 + n;
                (a / 3 == b / 3 ? near : far) += mix(kind + 1);
            }
            all += mix(near * 3 + mix(far));
        }
        return mix(all);
    };
    return lines(1, 9) + lines(9, 1);
}

// Grids that training must not see, nor what symmetries make of them.
struct Excluded {
    std::unordered_set<uint64_t> classes;
    void add(const std::string& path) {
        for (const Record& record : read_puzzles(path)) classes.insert(symmetry_class(record.solution));
    }
    bool has(uint64_t symmetry_class) const { return classes.count(symmetry_class) > 0; }
};

}  // namespace sudoku
