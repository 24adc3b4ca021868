#!/bin/sh
# A Sudoku training on a GPU in commands of limited length, for machines that are lent by the minute.
# usage: gpu.sh OUT MINUTES SECONDS [OPTION of train.py …]
# Trains within SECONDS (saving takes some more) of a run of MINUTES in all, and goes on where OUT/checkpoint.safetensors, or its compact copy
# OUT/keep.safetensors, ended. All cores but two make puzzles meanwhile, which the trainer takes up every two minutes. At the
# end lie in OUT: log.csv, keep.safetensors (4 bytes a weight), model/. Needs PyTorch with CUDA and g++.
set -e
mkdir -p "$1"
out=$(cd "$1" && pwd) minutes=$2 seconds=$3
shift 3
cd "$(dirname "$0")"
[ -x sudoku/generate ] && [ -e engine/engine.so ] || ./build.sh
mkdir -p data
[ -e "$out/checkpoint.safetensors" ] || [ ! -e "$out/keep.safetensors" ] || cp "$out/keep.safetensors" "$out/checkpoint.safetensors"
makers=
trap 'kill $makers 2>/dev/null || true' EXIT
make() { # file, seconds, seed, puzzles a walk
    nice sudoku/generate "data/$1.bin" "$2" "$3" check/sudoku.csv "$4" >/dev/null &
    makers="$makers $!"
}
seed=$(date +%s)
end=$((seed + seconds))
if [ ! -e data/val.bin ] || ! ls data/pool*.bin >/dev/null 2>&1; then # a first stock
    make val 60 999 3
    for i in $(seq "$(nproc)"); do make "pool$i" 60 $((seed + 1000 + i)) 200; done
    wait
    makers=
fi
seconds=$((end - $(date +%s)))
for i in $(seq $(($(nproc) - 2))); do make "pool$i" "$seconds" $((seed + i)) 200; done
PYTHONUNBUFFERED=1 timeout -s TERM "$seconds" ./train.sh --device cuda --compile --resume --out "$out" --minutes "$minutes" \
    --pool data/pool*.bin --validation data/val.bin --hidden 192 --heads 6 --batch 1024 --blocks 32 \
    --eval-minutes 3 --eval-count 128 "$@" || [ $? = 124 ]
python3 export.py "$out/checkpoint.safetensors" "$out/model" --compact "$out/keep.safetensors"
