#!/usr/bin/env bash
# Applies one change of this report: DRY_RUN=1 bash changes/apply.sh CHANGE, then the same without DRY_RUN=1.
# Without CHANGE it lists them. The code is in lib.bash; README.md explains it.
set -euo pipefail
unset CDPATH
# From standard input it would not know its folder, and would source whatever is in the current one.
[ -n "${BASH_SOURCE[0]:-}" ] || {
  echo 'stopped: run this as a file, with bash apply.sh' >&2
  exit 1
}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
[ -f lib.bash ] || {
  echo 'stopped: lib.bash not found beside apply.sh: run the script in the changes/ folder of the report' >&2
  exit 1
}
# shellcheck source-path=SCRIPTDIR
. ./lib.bash
change apply "$@"
