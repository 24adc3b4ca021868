#!/bin/sh
# Makes Sudokus on some cores: data/sudoku/pool*.bin, which grow from run to run, and data/sudoku/validation.bin once.
# usage: puzzles.sh SECONDS SEED CORES
set -e
seconds=$1 seed=$2 cores=$3
cd "$(dirname "$0")/../.."
mkdir -p data/sudoku
trap 'kill $makers 2>/dev/null || true' EXIT
trap 'exit 143' TERM INT
makers=
make() { # file, seed, puzzles a walk
    nice tasks/sudoku/generate "data/sudoku/$1.bin" "$seconds" "$2" check "$3" >/dev/null &
    makers="$makers $!"
}
[ -e data/sudoku/validation.bin ] || make validation 999 3
for i in $(seq "$cores"); do make "pool$i" $((seed + 1000 + i)) 200; done
wait
makers=
