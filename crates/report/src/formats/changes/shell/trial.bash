# shellcheck shell=bash
# What trial.sh and trial-end.sh do. A trial denies each principal of a change what the change would take from it, by policies
# of its own; of a permission set, by a statement in its inline policy. They stand in trial/<account>.jsonl and
# trial/permission-sets.jsonl, which are data as in lib.bash. What is there already and equal is a step that is done, so
# that a run that was interrupted goes on; what has such a name and is not equal is never touched.

# trial begin|end CHANGE
trial() {
  local step=$1
  shift
  # lib.bash says them.
  # shellcheck disable=SC2034
  case $step in
    begin) way=trial finished='on trial' ;;
    *) way=trial-end finished='ended' ;;
  esac
  jq -n '$ARGS' --args x >/dev/null 2>&1 || refuse 'jq not found: install jq 1.6 or later'
  find_trial "$@"
  check_allowed
  command -v aws >/dev/null || refuse 'aws not found: install the AWS CLI, version 1 or 2'
  command -v sha256sum >/dev/null || command -v shasum >/dev/null || refuse 'sha256sum not found: install coreutils'

  export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_CLI_AUTO_PROMPT=off PYTHONUTF8=1
  # IAM throttles: many principals are many calls.
  export AWS_RETRY_MODE="${AWS_RETRY_MODE:-standard}" AWS_MAX_ATTEMPTS="${AWS_MAX_ATTEMPTS:-10}"
  # Version 1 of the CLI does not read AWS_REGION.
  if [ -n "${AWS_REGION:-}" ]; then export AWS_DEFAULT_REGION=$AWS_REGION; fi
  tmp=$(mktemp -d)
  # shellcheck disable=SC2034 # lib.bash counts its steps.
  written=0
  trap 'finish "$?"' EXIT

  # These two come from find_change.
  # shellcheck disable=SC2154
  if [ -n "$account" ]; then check_account; fi
  # shellcheck disable=SC2154
  if [ -n "$permission_set" ]; then find_permission_set; fi
  case ${permission_set:+set-}$step in
    begin) begin_trial ;;
    end) end_trial ;;
    set-begin) begin_set_trial ;;
    *) end_set_trial ;;
  esac
  if [ "${DRY_RUN:-0}" != 0 ]; then
    say 'dry run: nothing was changed'
  elif [ "$step" = begin ]; then
    say "$1 is on trial: watch for AccessDenied, and end it with bash changes/trial-end.sh $1"
  else
    say "the trial of $1 has ended"
  fi
}

# Reads the trial of a change into `tried`, and the change itself as apply.sh does.
find_trial() {
  local why
  if [ "$#" = 0 ]; then
    jq -r '"\(.change)\t\(.what // "cannot be tried: \(.refused)")"' ./trial/*.jsonl
    refuse "choose one of these changes: bash changes/$way.sh CHANGE"
  fi
  [ "$#" = 1 ] || refuse 'give one change at a time'
  find_change "$1" >/dev/null
  tried=''
  if [ -f "./trial/${1%%/*}.jsonl" ]; then
    tried=$(jq -c --arg change "$1" 'select(.change == $change)' "./trial/${1%%/*}.jsonl")
  fi
  [ -n "$tried" ] || refuse "$1 only creates policies: try the change of the permission set that will use them"
  why=$(jq -r '.refused // empty' <<<"$tried")
  [ -z "$why" ] || refuse "this change cannot be tried: $why"
  if [ "$way" = trial ]; then
    refuse_disputed "$1"
    jq -r '.what, .notes[]? | split("\n") | join(" ")' <<<"$tried"
    say 'An explicit Deny also overrides resource policies: what a bucket, key or queue policy allows is denied as well.'
  fi
}

# A document in one form: statements in a list, and of permission sets without those of trials.
# shellcheck disable=SC2120 # Mostly it reads what is piped into it.
plain() {
  jq -S -c '.Statement |= (if type == "array" then . else [.] end | map(select((.Sid // "") | test("^leastwise[0-9a-f]{8}s[0-9]+$|^LeastwiseTrial") | not)))' "$@"
}

# Refuses when the policy of the change is no longer what was analysed: then the change would do something else.
check_analysed() {
  local old live what
  # shellcheck disable=SC2154 # They come from find_change.
  take before "$before" "$before_sha256"
  old=$(plain "$tmp/before.json")
  # shellcheck disable=SC2154
  if [ -n "$arn" ]; then
    what="policy $arn"
    live=$(managed "$arn" | plain)
  else
    what=$(inline_name)
    live=$(inline | plain)
  fi
  [ "$live" = "$old" ] || differs "$what" "$old" "$live"
}

## Roles and users: policies of the trial's own, attached to each. Principals are given as kind/name.

# The policies of the trial into `policies`, and whether each is there into `there`. Refuses when one is there with another
# document.
read_policies() {
  local line i
  policies=()
  there=()
  while IFS= read -r line; do policies+=("$line"); done < <(jq -c '.policies[]' <<<"$tried")
  for i in "${!policies[@]}"; do
    there[i]=$(managed "$(policy_arn "$i")")
    if [ -z "${there[i]}" ]; then continue; fi
    [ "${there[i]}" = "$(jq -S -c .document <<<"${policies[i]}")" ] ||
      refuse "policy $(policy_arn "$i") is not what the trial creates: rename or delete it first"
  done
}

# Those of one policy, by its place: PLACE
policy_arn() { jq -r .arn <<<"${policies[$1]}"; }
principals_of() { jq -r '.principals[]' <<<"${policies[$1]}"; }

# Its tags; some characters of a change's name cannot be in one.
trial_tags() {
  jq -n -c --arg change "$1" '[{Key: "leastwise:change", Value: ($change | gsub("[^A-Za-z0-9 +=._:/@-]"; "_") | .[:256])}]'
}

begin_trial() {
  local pending='' who list own missing i change
  check_analysed
  read_policies
  # Everything is looked at before the first step that writes.
  while IFS= read -r who; do
    list=$(attached "$who")
    printf '%s\n' "$list" >"$tmp/attached-${who/\//-}"
    missing=0
    while IFS= read -r own; do
      has "$list" "$own" || missing=$((missing + 1))
    done < <(jq -r --arg who "$who" '.policies[] | select(.principals | index($who)) | .arn' <<<"$tried")
    if [ "$missing" = 0 ]; then continue; fi
    pending=1
    room "$who" "$(wc -w <<<"$list")" "$missing" 0
  done < <(jq -r '[.policies[].principals[]] | unique[]' <<<"$tried")
  if [ -z "$pending" ]; then settled; fi
  change=$(jq -r .change <<<"$tried")
  for i in "${!policies[@]}"; do
    own=$(policy_arn "$i")
    if [ -z "${there[i]}" ]; then
      write "create policy $own" aws iam create-policy "--policy-name=${own##*/}" \
        '--description=The trial of a change: denies what it would remove. trial-end.sh deletes this policy.' \
        "--policy-document=$(jq -c .document <<<"${policies[i]}")" --tags "$(trial_tags "$change")"
      case ${DRY_RUN:-0} in 0) aws iam wait policy-exists "--policy-arn=$own" ;; esac
    fi
    while IFS= read -r who; do
      has "$(cat "$tmp/attached-${who/\//-}")" "$own" || attach "$who" "$own"
    done < <(principals_of "$i")
  done
}

end_trial() {
  local pending='' who users own left i whom
  read_policies
  for i in "${!policies[@]}"; do
    if [ -z "${there[i]}" ]; then continue; fi
    pending=1
    own=$(policy_arn "$i")
    users=$(aws iam list-entities-for-policy "--policy-arn=$own" |
      jq -r '(.PolicyRoles[]? | "role/" + .RoleName), (.PolicyUsers[]? | "user/" + .UserName)')
    whom=()
    while IFS= read -r who; do
      whom+=("$who")
      if has "$users" "$who"; then detach "$who" "$own"; fi
    done < <(principals_of "$i")
    left=$(others "$own" "${whom[@]}")
    if [ -n "$left" ]; then
      say "policy $own is kept: it is attached to $left"
    elif [ "$(aws iam list-policy-versions "--policy-arn=$own" | jq '.Versions | length')" != 1 ]; then
      say "policy $own is kept: it has newer versions"
    else
      write "delete policy $own" aws iam delete-policy "--policy-arn=$own"
    fi
  done
  refuse_leftovers
  if [ -z "$pending" ]; then settled; fi
}

# Refuses to say that the trial has ended while policies that another report's trial of this change created are attached:
# that report may have denied something else, or to others.
refuse_leftovers() {
  local own name left='' all tags
  name=$(trial_tags "$(jq -r .change <<<"$tried")" | jq -r '.[0].Value')
  all=$(aws iam list-policies --scope=Local --only-attached |
    jq -r '.Policies[] | select(.PolicyName | startswith("leastwise-trial-")).Arn')
  for own in $all; do
    if has "$(jq -r '.policies[].arn' <<<"$tried")" "$own"; then continue; fi
    tags=$(aws iam list-policy-tags "--policy-arn=$own" | jq -r '.Tags[] | select(.Key == "leastwise:change").Value')
    if [ "$tags" = "$name" ]; then left="$left $own"; fi
  done
  [ -z "$left" ] || refuse "a trial of this change that another report began is still on: detach and delete$left"
}

## Permission sets: a statement in the inline policy, told by its Sid.

# The inline policy as it is, statements in a list; null when there is none.
read_set_inline() {
  # shellcheck disable=SC2154 # From find_permission_set.
  aws sso-admin get-inline-policy-for-permission-set "${where[@]}" | jq -c '.InlinePolicy // "" |
    if . == "" then null else fromjson | .Statement |= (if type == "array" then . else [.] end) end'
}

put_in_set() {
  write "$1" aws sso-admin put-inline-policy-to-permission-set "${where[@]}" "--inline-policy=$2"
}

begin_set_trial() {
  local live statement document bytes
  check_analysed
  live=$(read_set_inline)
  statement=$(jq -c .statement <<<"$tried")
  if jq -e --argjson it "$statement" '. != null and any(.Statement[]; . == $it)' <<<"$live" >/dev/null; then settled; fi
  refuse_waiting
  document=$(jq -c --argjson it "$statement" '(. // {Version: "2012-10-17", Statement: []}) | .Statement += [$it]' <<<"$live")
  bytes=$(($(printf '%s' "$document" | wc -c)))
  [ "$bytes" -le "$MOST_INLINE" ] ||
    refuse "the inline policy of permission set $permission_set would have $bytes of $MOST_INLINE bytes"
  put_in_set "add statement $(jq -r .Sid <<<"$statement") to the inline policy of permission set $permission_set" "$document"
  provision_all
}

# Others may have edited the inline policy meanwhile: only the trial's own statement goes.
end_set_trial() {
  local live statement sid found document left
  live=$(read_set_inline)
  statement=$(jq -c .statement <<<"$tried")
  sid=$(jq -r .Sid <<<"$statement")
  found=$(jq -S -c --arg sid "$sid" 'select(. != null) | .Statement[] | select(.Sid == $sid)' <<<"$live")
  if [ -z "$found" ]; then
    left=$(jq -r 'select(. != null) | [.Statement[].Sid // "" | select(startswith("LeastwiseTrial"))] | join(" ")' <<<"$live")
    [ -z "$left" ] ||
      warn "permission set $permission_set has statements of other trials, of another change or another report: $left"
    settled
  fi
  [ "$found" = "$(jq -S -c . <<<"$statement")" ] ||
    refuse "someone edited statement $sid of permission set $permission_set: remove it manually"
  document=$(jq -c --arg sid "$sid" '.Statement |= map(select(.Sid != $sid)) | select(.Statement != [])' <<<"$live")
  if [ -n "$document" ]; then
    put_in_set "remove statement $sid from the inline policy of permission set $permission_set" "$document"
  else
    write "delete the inline policy of permission set $permission_set, which only has statement $sid" \
      aws sso-admin delete-inline-policy-from-permission-set "${where[@]}"
  fi
  provision_all
}
