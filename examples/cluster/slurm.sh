#!/usr/bin/env bash
# Evaluates a data set in eight parts, one task of a Slurm array each, in a folder that all nodes share:
#
#     array=$(sbatch --parsable slurm.sh test.csv --model hub:alphaXiv/trm-model-sudoku --curve)
#     sbatch --dependency=afterok:$array --wrap 'hrm merge parts/part-*.jsonl --out all.jsonl'
#
# A task that is requeued goes on where its part was; so does the whole array if it is submitted again.
#SBATCH --job-name=hrm-eval
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=12:00:00
#SBATCH --requeue
set -euo pipefail
mkdir -p parts
exec hrm eval "$@" --device cpu --threads "${SLURM_CPUS_PER_TASK:-1}" --quiet \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "parts/part-$SLURM_ARRAY_TASK_ID.jsonl"
