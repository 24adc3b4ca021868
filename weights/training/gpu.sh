#!/bin/sh
# A training on a GPU in commands of limited length, for machines that are lent by the minute.
# usage: gpu.sh TASK OUT MINUTES SECONDS [OPTION of train.py …]
# Trains within SECONDS (saving takes some more) of a run of MINUTES in all, and goes on where OUT/checkpoint.safetensors, or its compact copy
# OUT/keep.safetensors, ended. All cores but two make puzzles meanwhile (tasks/TASK/puzzles.sh), which the trainer takes up every two minutes. At the
# end lie in OUT: log.csv, keep.safetensors (4 bytes a weight), model/. Needs PyTorch with CUDA and g++.
set -e
task=$1
mkdir -p "$2"
out=$(cd "$2" && pwd) minutes=$3 seconds=$4
shift 4
cd "$(dirname "$0")"
[ -x tasks/sudoku/generate ] && [ -e engine/engine.so ] || ./build.sh
[ -e "$out/checkpoint.safetensors" ] || [ ! -e "$out/keep.safetensors" ] || cp "$out/keep.safetensors" "$out/checkpoint.safetensors"
seed=$(date +%s)
end=$((seed + seconds))
ls "data/$task"/pool* >/dev/null 2>&1 || "tasks/$task/puzzles.sh" 60 "$seed" "$(nproc)" # a first stock
seconds=$((end - $(date +%s)))
cores=$(($(nproc) > 2 ? $(nproc) - 2 : 1))
"tasks/$task/puzzles.sh" "$seconds" "$((seed + 100000))" "$cores" &
trap 'kill $! 2>/dev/null || true' EXIT
PYTHONUNBUFFERED=1 timeout -s TERM "$seconds" ./train.sh --task "$task" --device cuda --compile --resume --out "$out" --minutes "$minutes" \
    --pool "data/$task"/pool* --validation "data/$task"/validation* --eval-minutes 3 --eval-count 128 "$@" || [ $? = 124 ]
python3 export.py "$out/checkpoint.safetensors" "$out/model" --compact "$out/keep.safetensors"
