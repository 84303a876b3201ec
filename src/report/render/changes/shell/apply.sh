#!/usr/bin/env bash
# Applies one change of this report: DRY_RUN=1 bash changes/apply.sh CHANGE, then the same without DRY_RUN=1.
# Without CHANGE it lists them. What it does is in lib.bash; README.md explains it.
set -euo pipefail
unset CDPATH
# From standard input it would not know its folder, and would source whatever is in the current one.
[ -n "${BASH_SOURCE[0]:-}" ] || {
  echo 'refused: run this as a file, with bash apply.sh' >&2
  exit 1
}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
[ -f lib.bash ] || {
  echo 'refused: lib.bash is not beside apply.sh: run it where the report has it, in changes/' >&2
  exit 1
}
# shellcheck source-path=SCRIPTDIR
. ./lib.bash
change apply "$@"
