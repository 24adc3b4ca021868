#!/usr/bin/env bash
# What a machine with a GPU tells of this runtime within ten minutes, as a folder to attach to a report:
#     benches/gpu.sh [FOLDER [SECONDS]]      target/gpu-report and 600 unless told otherwise
# HRM_DEVICE names an adapter as `--device` does (default: gpu). Each part has a file of its own there, and summary.txt says
# how it ended; a part that fails or finds no time left does not keep the others. Leave the machine alone meanwhile.
set -uo pipefail
cd "$(dirname "$0")/.."
out=${1:-target/gpu-report}
end=$((SECONDS + ${2:-600}))
device=${HRM_DEVICE:-gpu}
hrm=target/release/hrm
published=$PWD/target/peers/hrm-27m
mkdir -p "$out" && out=$(cd "$out" && pwd)
: >"$out/summary.txt"
failed=0

# part NAME MOST COMMAND…: a command of at most so many seconds, with what it prints in NAME.txt
part() {
    local name=$1 left=$((end - SECONDS)) begin=$SECONDS result=passed
    local most=$(($2 < left ? $2 : left))
    shift 2
    if [ "$most" -lt 5 ]; then
        result="no time left" failed=1
    else
        timeout --kill-after=10 "$most" "$@" >"$out/$name.txt" 2>&1 || result="FAILED with $?" failed=1
    fi
    printf '%-18s %s, %d s\n' "$name" "$result" $((SECONDS - begin)) | tee -a "$out/summary.txt"
}
bench() { part "$1" "$2" "$hrm" bench --quick --quiet --device "$device" "${@:3}"; }

part build 300 cargo build --release
part adapters 20 "$hrm" devices
# Is it right?
part verify 90 "$hrm" verify --device "$device"
# How fast is it, in each precision?
[ -e "$published" ] || part published 120 cargo bench --bench contender -- write hrm-27m f32 "$published"
bench bundled 30
for dtype in f32 f16 int8; do
    bench "published-$dtype" 60 --model "$published" --segments 4 --dtype "$dtype"
done
# What do measured tiles gain over those that follow from sizes alone?
HRM_AUTOTUNE=off bench published-untuned 60 --model "$published" --segments 4
# And beside others? With CUDA this is PyTorch in all its modes.
adapter=()
[ "$device" = gpu ] || adapter=(--device "$device")
part peers 240 benches/peers/run --quick --model hrm-27m "${adapter[@]}" --out "$out/peers.md"
exit $failed
