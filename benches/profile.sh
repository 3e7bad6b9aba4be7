#!/usr/bin/env bash
# Show where the time of a workload goes: profile.sh PYTHON WORKLOAD
# py-spy draws a flame graph of Python and native frames; perf prints native call trees.
set -euo pipefail
python=$1 workload=$2
repeat=("$python" -m benches.repeat "$workload")
out=.benchmarks/profile-$workload

if command -v py-spy >/dev/null; then
  py-spy record --native --rate 200 --output "$out.svg" -- "${repeat[@]}"
  echo "wrote $out.svg"
elif command -v perf >/dev/null; then
  # The interpreter has no frame pointers, so stacks are unwound from its debug information.
  perf record --quiet --event cpu-clock --freq 2000 --call-graph dwarf,16384 \
    --output "$out.data" -- "${repeat[@]}" --seconds 2
  perf report --input "$out.data" --stdio --no-children --percent-limit 1 \
    --call-graph caller,0.5,callee,function,percent --max-stack 6 >"$out.txt" 2>/dev/null
  perf report --input "$out.data" --stdio --no-children --call-graph none --percent-limit 1 2>/dev/null
  echo "wrote $out.txt (call trees) and $out.data"
else
  echo "neither py-spy nor perf was found; install one (pip install py-spy)" >&2
  exit 1
fi
