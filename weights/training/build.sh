#!/bin/sh
# Builds the Sudoku generator and the CPU engine (g++ 12 or newer). The engine is fast on a processor with AVX512-BF16
# (Zen 4, Sapphire Rapids or newer) and runs, slowly, on any other.
set -e
cd "$(dirname "$0")"
flags="-O3 -march=native -std=c++20"
${CXX:-g++} $flags -o sudoku/generate sudoku/generate.cpp
${CXX:-g++} $flags -shared -fPIC -o engine/engine.so engine/engine.cpp engine/block.cpp -lpthread
