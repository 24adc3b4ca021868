#!/bin/sh
# Makes questions of every task by `hrm generate` (HRM, or the program that cargo built): data/arc/pool.jsonl with the seed
# given, and data/arc/validation.jsonl with another. What is there stays as it is; SECONDS and CORES are not used.
# usage: puzzles.sh SECONDS SEED CORES
set -e
cd "$(dirname "$0")/../.."
hrm=${HRM:-../../target/release/hrm}
[ -x "$hrm" ] || { echo "$hrm is missing: cargo build --release, or HRM=PROGRAM" >&2; exit 3; }
mkdir -p data/arc
make() { # file, questions, seed
    [ -e "data/arc/$1.jsonl" ] || { "$hrm" generate arc --count "$2" --seed "$3" >"data/arc/$1.new" && mv "data/arc/$1.new" "data/arc/$1.jsonl"; }
}
make pool "${COUNT:-60000}" "$2"
make validation 3000 999
