#!/usr/bin/env bash
# Ends the trial of one change: takes away what trial.sh gave, and nothing else.
# DRY_RUN=1 bash changes/trial-end.sh CHANGE, then the same without DRY_RUN=1. Without CHANGE it lists them.
# The code is in trial.bash; README.md explains it.
set -euo pipefail
unset CDPATH
# From standard input it would not know its folder, and would source whatever is in the current one.
[ -n "${BASH_SOURCE[0]:-}" ] || {
  echo 'stopped: run this as a file, with bash trial-end.sh' >&2
  exit 1
}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
for part in lib trial; do
  [ -f "$part.bash" ] || {
    printf 'stopped: %s.bash not found beside trial-end.sh: run the script in the changes/ folder of the report\n' "$part" >&2
    exit 1
  }
done
# shellcheck source-path=SCRIPTDIR
. ./lib.bash
# shellcheck source-path=SCRIPTDIR
. ./trial.bash
trial end "$@"
