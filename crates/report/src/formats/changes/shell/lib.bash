# shellcheck shell=bash
# What apply.sh and rollback.sh do, for every kind of change. They look the change up in the table of its account,
# <account>.jsonl, or in permission-sets.jsonl. The tables are data: nothing that is read from them, from a document or
# from AWS is ever run, only passed as an argument. Everything is checked before the first step that writes.
# This runs under `set -euo pipefail` and in bash 3.2, the one of macOS.
#
# Here are the steps that all changes share. What speaks against a change is in checks.bash, documents and managed policies
# are in policies.bash, what a role, user or group has attached in principals.bash, permission sets in sets.bash.

for part in checks policies principals sets; do
  [ -f "$part.bash" ] || {
    printf 'stopped: %s.bash not found beside lib.bash: run the script in the changes/ folder of the report\n' "$part" >&2
    exit 1
  }
done
# shellcheck source=checks.bash
. ./checks.bash
# shellcheck source=policies.bash
. ./policies.bash
# shellcheck source=principals.bash
. ./principals.bash
# shellcheck source=sets.bash
. ./sets.bash

# change apply|rollback CHANGE
change() {
  way=$1
  shift
  case $way in
    apply) from=before to=after finished=applied ;;
    *) from=after to=before finished='rolled back' ;;
  esac
  jq -n '$ARGS' --args x >/dev/null 2>&1 || refuse 'jq not found: install jq 1.6 or later'
  find_change "$@"
  # What was applied before AWS disputed it can still be taken back.
  if is_forward; then refuse_disputed "$1"; fi
  pause=${PAUSE:-15}
  case $pause in '' | *[!0-9]*) refuse "PAUSE is $pause: give a number of seconds" ;; esac
  check_owner
  check_allowed
  command -v aws >/dev/null || refuse 'aws not found: install the AWS CLI, version 1 or 2'
  command -v sha256sum >/dev/null || command -v shasum >/dev/null || refuse 'sha256sum not found: install coreutils'

  export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_CLI_AUTO_PROMPT=off PYTHONUTF8=1
  # IAM throttles: many principals are many calls.
  export AWS_RETRY_MODE="${AWS_RETRY_MODE:-standard}" AWS_MAX_ATTEMPTS="${AWS_MAX_ATTEMPTS:-10}"
  # Version 1 of the CLI does not read AWS_REGION.
  if [ -n "${AWS_REGION:-}" ]; then export AWS_DEFAULT_REGION=$AWS_REGION; fi
  tmp=$(mktemp -d)
  written=0
  trap 'finish "$?"' EXIT

  if [ -n "$account" ]; then check_account; fi
  take before "$before" "$before_sha256"
  take after "$after" "$after_sha256"
  if [ -n "$permission_set" ]; then find_permission_set; fi
  case ${permission_set:+set-}$how-$way in
    create-apply) apply_create ;;
    create-rollback) rollback_create ;;
    document-*) change_document ;;
    version-*) change_version ;;
    detach-apply) apply_detach ;;
    detach-rollback) rollback_detach ;;
    move-apply) apply_move ;;
    move-rollback) rollback_move ;;
    set-document-*) change_set_document ;;
    set-detach-apply) apply_set_detach ;;
    set-detach-rollback) rollback_set_detach ;;
    set-merge-apply) apply_set_merge ;;
    set-merge-rollback) rollback_set_merge ;;
    set-move-apply) apply_set_move ;;
    set-move-rollback) rollback_set_move ;;
    *) refuse "unknown kind of change: $how" ;;
  esac
  if dry; then say 'dry run: nothing was changed'; else say "$finished"; fi
}

# Says how a change stands that ended before its last step: STATUS
finish() {
  rm -rf -- "$tmp"
  if [ "$1" = 0 ] || [ "$written" = 0 ]; then return; fi
  printf 'not finished: %s of the steps above ran. Run this again to go on, or ' "$written" >&2
  case $way in
    apply) printf 'run rollback.sh to go back.\n' >&2 ;;
    trial) printf 'run trial-end.sh to end it.\n' >&2 ;;
    trial-end) printf 'run trial.sh to begin it again.\n' >&2 ;;
    *) printf 'run apply.sh to apply it again.\n' >&2 ;;
  esac
}

say() { printf '%s\n' "$*"; }

warn() { printf 'warning: %s\n' "$*" >&2; }

refuse() {
  printf 'stopped: %s\n' "$*" >&2
  exit 1
}

forced() { [ "${FORCE:-}" = 1 ]; }

# Refuses, or only warns with FORCE=1.
object() {
  if forced; then warn "$* (ignored because of FORCE=1)"; else refuse "$*; FORCE=1 overrides this"; fi
}

# With DRY_RUN=1 nothing is written.
dry() { [ "${DRY_RUN:-0}" != 0 ]; }

# IAM takes some seconds until every Region knows what is attached: what comes must be there before what it replaces goes.
pause() {
  if dry || [ "$pause" = 0 ]; then return 0; fi
  say "wait $pause seconds until AWS has applied this everywhere (PAUSE=SECONDS changes that)"
  sleep "$pause"
}

# Reads one change from its table into variables, the fields of its line.
find_change() {
  local fields key value
  if [ "$#" = 0 ]; then
    jq -r '"\(.change)\t\(.what // "cannot be applied by a script: \(.refused)")"' ./*.jsonl
    refuse "choose one of these changes: bash changes/$way.sh CHANGE"
  fi
  [ "$#" = 1 ] || refuse 'give one change at a time'
  row=''
  if [ -f "./${1%%/*}.jsonl" ]; then
    row=$(jq -c --arg change "$1" 'select(.change == $change)' "./${1%%/*}.jsonl")
  fi
  [ -n "$row" ] || refuse "this report has no change $1; run bash changes/$way.sh to list all changes"

  how='' account='' owned_by='' arn='' holder='' policy='' permission_set='' partition='' evaluated='' expires=''
  before='' before_sha256='' after='' after_sha256=''
  holders=() creates=() accounts=() suspended=() principals=()
  # A value has its line to itself, so that no text in it passes for another field.
  fields=$(jq -r 'to_entries[] | .key as $key | .value | if type == "array" then .[] else . end |
    "\($key) \(tostring | split("\n") | join(" "))"' <<<"$row")
  while IFS=' ' read -r key value; do
    case $key in
      refused) refuse "$value" ;;
      what | notes) say "$value" ;;
      how) how=$value ;;
      account) account=$value ;;
      ownedBy) owned_by=$value ;;
      permissionSet) permission_set=$value ;;
      accounts) accounts+=("$value") ;;
      suspended) suspended+=("$value") ;;
      partition) partition=$value ;;
      principals) principals+=("arn:$partition:iam::$value") ;;
      evaluated) evaluated=$value ;;
      expires) expires=$value ;;
      arn) arn=$value ;;
      holder) holder=$value ;;
      policy) policy=$value ;;
      holders) holders+=("$value") ;;
      creates) creates+=("$value") ;;
      before) before=$value ;;
      beforeSha256) before_sha256=$value ;;
      after) after=$value ;;
      afterSha256) after_sha256=$value ;;
    esac
  done <<<"$fields"
}

# Whether something new is to be done, rather than taken back.
is_forward() { case $way in apply | trial) return 0 ;; *) return 1 ;; esac; }

# Whose credentials these are, into `caller`.
find_caller() { caller=$(aws sts get-caller-identity | jq -r .Account); }

check_account() {
  find_caller
  [ "$caller" = "$account" ] ||
    refuse "wrong account: logged in to $caller, this change is for $account"
}

# A document of the report, if it is still the one that the change was made with: NAME FILE SHA256
take() {
  local sum
  cp -- "../$2" "$tmp/$1.json" 2>/dev/null ||
    refuse "cannot read $2: keep changes/ and policies/ together in the report folder"
  sum=$(if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi <"$tmp/$1.json")
  [ "${sum%% *}" = "$3" ] || refuse "$2 was modified after the report was written: use the original file"
  check_numbers "$2" <"$tmp/$1.json"
}

# Refuses a document with a number that jq would write down as another one: NAME
check_numbers() {
  jq -e '[.. | numbers | select(fabs > 9007199254740991)] == []' >/dev/null ||
    refuse "$1 has a number too large for jq: apply this change manually"
}

# A step that writes: TEXT COMMAND... With DRY_RUN it is only told.
write() {
  if dry; then
    say "dry run: would $1"
    return 0
  fi
  say "$1"
  shift
  "$@" >/dev/null
  written=$((written + 1))
}

# Asks AWS. What is not there is an empty answer; any other error ends this.
ask() {
  local answer
  if answer=$("$@" 2>"$tmp/error"); then
    printf '%s\n' "$answer"
  elif ! grep -q -e 'An error occurred (NoSuchEntity) when calling' \
    -e 'An error occurred (ResourceNotFoundException) when calling' "$tmp/error"; then
    cat "$tmp/error" >&2
    return 1
  fi
}

# A document in one form, so that two that mean the same are the same text; nothing for null.
one_form() {
  jq -S -c 'select(. != null) | if (.Statement | type) == "object" then .Statement |= [.] else . end' "$@"
}

# Refuses because a live document is another one, and shows how. "<" is what was expected, ">" is what is there. On the way
# back FORCE=1 goes on.
differs() {
  printf '%s has changed since the scan:\n' "$1" >&2
  diff <(jq -a -S . <<<"$2") <(jq -a -S . <<<"$3") >&2 || true
  [ "$way" = rollback ] || refuse 'nothing was changed; scan again and use the new report'
  object 'nothing was changed, because going back would overwrite what someone else did or bring it back'
}

# Nothing is left to change; an account of a permission set may still have to be told.
settled() {
  say "already $finished"
  if [ -n "$permission_set" ]; then provision_pending; fi
  exit 0
}

# Whether a list, one a line, has this: LIST ITEM
has() { grep -qxF -e "$2" <<<"$1"; }
