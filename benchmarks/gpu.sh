#!/bin/sh
# The published sizes on one GPU in less than 8 minutes: GPT-S at context 1024, once-for-all at 224.
#
#     benchmarks/gpu.sh            # on the GPU
#     benchmarks/gpu.sh --small    # the same code at small size on a CPU, in a minute
set -e
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
[ -x "$PYTHON" ] || PYTHON=python3
if [ "$1" = "--small" ]; then
    exec "$PYTHON" benchmarks/bench_real_size.py --small --steps "${STEPS:-8}" --rounds 1 --torch-device cpu
fi
nvidia-smi --query-gpu=name,driver_version,power.limit,clocks.max.sm --format=csv || true
timeout 240 "$PYTHON" benchmarks/bench_real_size.py --only gpt --steps "${STEPS:-200}" --torch-device cuda
timeout 220 "$PYTHON" benchmarks/bench_real_size.py --only mobilenetv3 --steps "${STEPS:-200}" --torch-device cuda
