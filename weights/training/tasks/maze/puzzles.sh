#!/bin/sh
# Makes mazes on some cores by `hrm generate` (HRM, or the program that cargo built): data/maze/pool-SIDE-….csv, COUNT boards a
# file, and data/maze/validation-SIDE-….csv. What is there stays as it is: SECONDS are not used, and a second run adds nothing.
# The boards of a training have the seed given and those after it, the others 999. SIDES may name some sides only.
# usage: puzzles.sh SECONDS SEED CORES
set -e
seed=$2 cores=$3
cd "$(dirname "$0")/../.."
hrm=${HRM:-../../target/release/hrm}
[ "$hrm" != "${hrm#/}" ] || hrm=$PWD/$hrm
[ -x "$hrm" ] || { echo "$hrm is missing: cargo build --release, or HRM=PROGRAM" >&2; exit 3; }
mkdir -p data/maze
count=${COUNT:-20000}
{
    for side in ${SIDES:-30 21 15 11}; do
        hard=$((4 * side - 10))
        for level in official scattered corridors; do
            for moves in $hard $((2 * side)) $side 1; do echo "pool $side $level $moves $count"; done
        done
        for level in rooms drawn; do echo "pool $side $level 1 $count"; done
        for level in official scattered corridors; do echo "validation $side $level $hard 200"; done
        for level in rooms drawn; do echo "validation $side $level 1 200"; done
    done
} | while read -r name side level moves n; do
    seed=$((seed + 1))
    [ "$name" = pool ] && own=$seed || own=999
    file=data/maze/$name-$side-$level-$moves.csv
    [ -e "$file" ] || echo "$file --side $side --level $level --moves $moves --count $n --seed $own"
done | nice xargs -r -P "$cores" -L 1 sh -c '
    file=$1; shift
    "$0" generate maze "$@" --csv > "$file.new" && mv "$file.new" "$file"' "$hrm"
