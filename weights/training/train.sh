#!/bin/sh
# train.py with settings of the allocator that keep PyTorch's temporaries from going back to the system at every step (the
# optimiser takes a third of the time with them), and threads that wait without spinning.
export OMP_WAIT_POLICY=passive MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=1073741824
exec python3 "$(dirname "$0")/train.py" "$@"
