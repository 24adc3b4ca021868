#!/bin/sh
# The maze model of the official size: the 15×15 model learns open boards and several shortest paths, then grows to 21 and 30.
# usage: maze.sh OUT "MINUTES15 MINUTES21 MINUTES30" [OPTION of train.py …]
# A stage that has its OUT/SIDE/model is left out, one that was interrupted goes on. START is a model folder of side 15
# (../maze). The model is OUT/30/model.
set -e
mkdir -p "$1"
out=$(cd "$1" && pwd) minutes=$2
shift 2
cd "$(dirname "$0")"
[ -e engine/engine.so ] || ./build.sh
tasks/maze/puzzles.sh 0 1 "$(nproc)"
model=${START:-../maze}
for side in 15 21 30; do
    time=${minutes%% *} minutes=${minutes#* }
    case $side in # batches in turns: about 1 GB of carries; boards to evaluate on: a minute or two
    15) stage=further lr=0.002 blocks=64 count=64 ;;
    21) stage=grown lr=0.006 blocks=32 count=32 ;;
    30) stage=grown lr=0.006 blocks=16 count=16 ;;
    esac
    if [ ! -e "$out/$side/model/config.json" ]; then
        [ "$side" = 15 ] || python3 grow.py "$model" "$side" "$out/$side/start"
        [ "$side" = 15 ] || model=$out/$side/start
        ./train.sh --task maze --side "$side" --stage $stage --start "$model" --resume --out "$out/$side" --minutes "$time" \
            --h-cycles 2 --batch 64 --blocks $blocks --lr $lr --ema 0.998 --warmup 30 --leave 0.3 --stay 0.1 \
            --eval-minutes 20 --eval-count $count --pool data/maze/pool* --validation data/maze/validation* "$@"
        [ -e "$out/$side/model/config.json" ] || exit 0 # stopped
    fi
    model=$out/$side/model
done
