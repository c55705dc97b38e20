#!/bin/bash
# Kills spi-average with SIGKILL in the middle of its work and lets it go on: the averages must be
# bit for bit those of an uninterrupted run.    kill_and_resume.sh FOLDER-OF-PROGRAMS
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$bin/spi-simulate" --frames 1500 --pixels 64 --pixel-size 760um --photons 500 \
  --particles cube,sphere,rod --threads 1 -q -o frames.h5
options=(frames.h5 --classes 12 --max-iterations 14 --bootstrap-runs 2 --checkpoint-every 0
  --no-plots --threads 1 --quiet)
"$bin/spi-average" "${options[@]}" -o whole.h5

# Killed three times, each time when the next checkpoint has appeared.
resume=()
for kill in 1 2 3; do
  "$bin/spi-average" "${options[@]}" "${resume[@]}" --force -o parts.h5 &
  process=$!
  before=$(stat -c %Y.%s.%i parts.h5.checkpoint/* 2>/dev/null | sort || true)
  for _ in $(seq 600); do
    now=$(stat -c %Y.%s.%i parts.h5.checkpoint/run-*[0-9e].h5 2>/dev/null | sort || true)
    [ -n "$now" ] && [ "$now" != "$before" ] && break
    sleep 0.02
  done
  kill -KILL $process 2>/dev/null || true
  wait $process 2>/dev/null || true
  resume=(--resume)
done
[ -d parts.h5.checkpoint ] || { echo "it was never interrupted"; exit 1; }
[ ! -e parts.h5 ] || { echo "half a job left an output"; exit 1; }
"$bin/spi-average" "${options[@]}" --resume --force -o parts.h5
[ ! -d parts.h5.checkpoint ] || { echo "the checkpoint is still there"; exit 1; }
"$bin/spi-compare" whole.h5 parts.h5 --tolerance 0
