#!/bin/sh
# Builds the Sudoku generators, the grader and the CPU engine (g++ 12 or newer). The engine is fast on a processor with
# AMX (Intel's servers from Sapphire Rapids on, under Linux) or AVX512-BF16 (Zen 4 or newer), slower with AVX2 alone, and
# slow on any other.
set -e
cd "$(dirname "$0")"
flags="-O3 -march=native -std=c++20"
for program in generate extreme grade; do ${CXX:-g++} $flags -o tasks/sudoku/$program tasks/sudoku/$program.cpp; done
${CXX:-g++} $flags -shared -fPIC -o engine/engine.so engine/engine.cpp engine/block.cpp -lpthread
