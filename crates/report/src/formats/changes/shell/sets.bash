# shellcheck shell=bash
# Permission sets of Identity Center. An edit reaches an account only when the permission set is provisioned there. That is
# done account by account, so that one account in which it fails is named and stops no other.

# What a permission set's inline policy may have, in bytes.
MOST_INLINE=32768

## Finding it.

# Finds it by its name, its accounts, and what speaks against changing it: accounts that were not analysed, and credentials
# that cannot change all of them.
find_permission_set() {
  local instance id name found='' new management
  find_caller
  instance=$(aws sso-admin list-instances | jq -r '.Instances | if length == 1 then .[0].InstanceArn else "" end')
  [ -n "$instance" ] ||
    refuse 'no IAM Identity Center instance found: use credentials of the account that administers it, and set AWS_REGION to its Region'
  for id in $(aws sso-admin list-permission-sets "--instance-arn=$instance" | jq -r '.PermissionSets[]'); do
    name=$(aws sso-admin describe-permission-set "--instance-arn=$instance" "--permission-set-arn=$id" |
      jq -r .PermissionSet.Name)
    if [ "$name" = "$permission_set" ]; then found=$id; fi
  done
  [ -n "$found" ] || refuse "Identity Center has no permission set $permission_set: scan again"
  where=("--instance-arn=$instance" "--permission-set-arn=$found")
  provisioned=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" | jq -r '.AccountIds[]')
  management=$(aws organizations describe-organization 2>/dev/null | jq -r '.Organization.MasterAccountId // empty') || management=''
  if [ -n "$management" ] && [ "$caller" != "$management" ] && has "$provisioned" "$management"; then
    refuse "permission set $permission_set is also provisioned in the management account $management," \
      'where a delegated administrator cannot change it: use credentials of the management account'
  fi
  if is_forward; then
    new=$(jq -r -R -s 'split("\n") - [""] - $ARGS.positional | join(", ")' \
      --args ${accounts[@]+"${accounts[@]}"} ${suspended[@]+"${suspended[@]}"} <<<"$provisioned")
    [ -z "$new" ] || refuse "permission set $permission_set is also provisioned in $new, which was not analysed: scan again"
  fi
}

# Whether an account was suspended when it was scanned. Nothing can be provisioned there.
was_suspended() { [ "${#suspended[@]}" != 0 ] && has "$(printf '%s\n' "${suspended[@]}")" "$1"; }

# The same, or whether AWS says that it is now.
is_suspended() {
  local state
  if was_suspended "$1"; then return 0; fi
  state=$(aws organizations describe-account "--account-id=$1" 2>/dev/null |
    jq -r '.Account | .State // .Status // empty') || return 1
  [ -n "$state" ] && [ "$state" != ACTIVE ]
}

## Provisioning.

# The accounts in which an edit waits to be provisioned, and that are not suspended, into `waiting`.
list_waiting() {
  local all id
  waiting=()
  all=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" \
    --provisioning-status=LATEST_PERMISSION_SET_NOT_PROVISIONED | jq -r '.AccountIds[]')
  for id in $all; do
    is_suspended "$id" || waiting+=("$id")
  done
}

# Before the first edit: provisioning would put someone else's edits into the accounts as well.
refuse_waiting() {
  list_waiting
  if ! is_forward || [ "${#waiting[@]}" = 0 ]; then return 0; fi
  local back=rollback.sh
  case $way in trial) back=trial-end.sh ;; esac
  refuse "permission set $permission_set has edits that are not provisioned yet in ${waiting[*]}: provision or undo them first." \
    "If an interrupted $back left them, run that again"
}

# Finishes what an interrupted run left.
provision_pending() {
  list_waiting
  if [ "${#waiting[@]}" = 0 ]; then return 0; fi
  say "not provisioned yet in ${waiting[*]}: provisioning includes edits that others have made meanwhile"
  provision "${waiting[@]}"
}

provision_all() {
  # shellcheck disable=SC2086 # They are numbers, one a line.
  provision $provisioned
}

# Puts the permission set as it is now into these accounts, one after the other, and tells what came of each: ACCOUNT...
provision() {
  local id reason failed=''
  for id in "$@"; do
    if was_suspended "$id"; then
      say "skip account $id: it is suspended"
      continue
    fi
    # The answer is needed, which a step does not give.
    write "provision permission set $permission_set in account $id" true
    if dry; then continue; fi
    reason=$(provision_one "$id")
    if [ -n "$reason" ] && is_suspended "$id"; then
      say "skip account $id: it is suspended"
    elif [ -n "$reason" ]; then
      printf 'account %s: provisioning failed: %s\n' "$id" "$reason" >&2
      failed="$failed $id"
    fi
  done
  [ -z "$failed" ] ||
    refuse "permission set $permission_set could not be provisioned in$failed. The other accounts keep what was provisioned;" \
      'fix the cause and run this again, or undo it'
}

# In one account; says why it failed, if it did: ACCOUNT
provision_one() {
  local status state tries=0
  status=$(aws sso-admin provision-permission-set "${where[@]}" --target-type=AWS_ACCOUNT "--target-id=$1" 2>"$tmp/error" |
    jq -c .PermissionSetProvisioningStatus) || {
    cat "$tmp/error"
    return 0
  }
  while state=$(jq -r .Status <<<"$status") && [ "$state" = IN_PROGRESS ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ]; then
      echo 'AWS has not finished after 10 minutes'
      return 0
    fi
    sleep 3
    status=$(aws sso-admin describe-permission-set-provisioning-status "${where[0]}" \
      "--provision-permission-set-request-id=$(jq -r .RequestId <<<"$status")" 2>"$tmp/error" |
      jq -c .PermissionSetProvisioningStatus) || {
      cat "$tmp/error"
      return 0
    }
  done
  if [ "$state" != SUCCEEDED ]; then jq -a -r '.FailureReason // .Status // "AWS gave no reason"' <<<"$status"; fi
}

## Its inline policy. What takes the place of a policy of AWS has a Sid of its change's, so that it is told from the rest.

# The jq functions for that: `ours`, of any change, and `mine`, of this one.
sids() {
  printf 'def ours: (.Sid // "") | test("^leastwise[0-9a-f]{8}s[0-9]+$|^LeastwiseTrial");
    def mine: (.Sid // "") | startswith("leastwise%ss");' "${after_sha256:0:8}"
}

# Gives it a document, or takes it away where there is none: DOCUMENT
put_set_inline() {
  local bytes
  if [ -z "$1" ]; then
    write "delete $(inline_name)" aws sso-admin delete-inline-policy-from-permission-set "${where[@]}"
    return
  fi
  bytes=$(printf '%s' "$1" | wc -c)
  [ "$bytes" -le "$MOST_INLINE" ] ||
    refuse "the inline policy of permission set $permission_set would have $((bytes)) of $MOST_INLINE bytes:" \
      'apply other changes of this permission set first, or scan again'
  write "replace the inline policy of permission set $permission_set" \
    aws sso-admin put-inline-policy-to-permission-set "${where[@]}" "--inline-policy=$1"
}

# Replaces the document, deletes it or puts it back. What other changes have added to it stays.
change_set_document() {
  local old new live own text
  old=$(one_form "$tmp/$from.json")
  new=$(one_form "$tmp/$to.json")
  live=$(inline)
  check_numbers "$(inline_name)" <<<"${live:-null}"
  # What was added: into `text` with the new document, and not into `own`.
  # shellcheck disable=SC2016 # The names are those of jq.
  own=$(split_inline '$live | .Statement = $rest | select(.Statement != [])' "$live" "$old" "$new")
  if [ "$own" = "$new" ]; then settled; fi
  [ "$own" = "$old" ] || differs "$(inline_name)" "$old" "$own"
  refuse_waiting
  last_checks
  check_unedited "$live"
  # shellcheck disable=SC2016 # As above.
  text=$(split_inline '($to // $live) | .Statement = ((($to // {}).Statement // []) + $added) | select(.Statement != [])' \
    "$live" "$old" "$new")
  put_set_inline "$text"
  provision_all
}

# FILTER LIVE OLD NEW
split_inline() {
  jq -n -c --argjson live "${2:-null}" --argjson old "${3:-null}" --argjson new "${4:-null}" \
    --slurpfile to "$tmp/$to.json" "$(sids)"'
    def statements: (. // {}).Statement // [];
    (($live | statements | map(select(ours))) - ($old | statements) - ($new | statements)) as $added |
    (($live | statements) - $added) as $rest | ($to[0] | if . != null and (.Statement | type) == "object" then
      .Statement |= [.] else . end) as $to | if $live == null and $to == null then empty else '"$1"' end'
}

# The statements that take the place of a policy, as the inline policy has them.
own_statements() {
  one_form "$tmp/after.json" | jq -c --arg sid "leastwise${after_sha256:0:8}s" \
    '[.Statement | to_entries[] | .key as $at | .value | .Sid = $sid + ($at + 1 | tostring)]'
}

# What the inline policy is with these statements at its end: LIVE STATEMENTS
with_mine() {
  jq -n -c --argjson live "${1:-null}" --argjson mine "$2" --slurpfile after "$tmp/after.json" \
    '($live // ($after[0] | .Statement = [])) | .Statement += $mine'
}

without_mine() {
  jq -n -c --argjson live "${1:-null}" "$(sids)"'$live | .Statement |= map(select(mine | not)) | select(.Statement != [])'
}

# What there is of a change that moves a policy of AWS into the inline policy: the inline policy into `text`, its statements
# for this into `there`, and those that there are to be into `mine`.
read_merge() {
  read_set_old
  text=$(inline)
  check_numbers "$(inline_name)" <<<"${text:-null}"
  mine=$(own_statements)
  there=$(jq -n -c --argjson live "${text:-null}" "$(sids)"'[($live // {}).Statement // [] | .[] | select(mine)]')
  same=no
  if [ "$(jq -S -c . <<<"$there")" = "$(jq -S -c . <<<"$mine")" ]; then same=yes; fi
}

apply_set_merge() {
  local version
  read_merge
  if ! has_old "$held"; then
    if [ "$same" = yes ]; then settled; fi
    refuse "permission set $permission_set no longer has the policy to replace: scan again"
  fi
  check_old
  if [ "$there" = '[]' ]; then
    version=$(jq -r '.Version // "2008-10-17"' <<<"${text:-null}")
    [ -z "$text" ] || [ "$version" = "$(jq -r '.Version // "2008-10-17"' "$tmp/after.json")" ] ||
      refuse "the inline policy of permission set $permission_set has version $version of the policy language: change it to 2012-10-17 first"
    refuse_waiting
    last_checks
    check_unedited "$text"
    put_set_inline "$(with_mine "$text" "$mine")"
    provision_all
  else
    [ "$same" = yes ] || differs "$(inline_name)" "$mine" "$there"
    last_checks
    provision_pending
  fi
  pause
  # Another run may have overwritten them.
  if ! dry; then
    read_merge
    [ "$same" = yes ] || refuse "the statements that replace $arn are gone from $(inline_name): run this again"
  fi
  take_set_old
  provision_all
}

rollback_set_merge() {
  read_merge
  if ! has_old "$held"; then
    if [ "$there" = '[]' ]; then
      forced ||
        refuse "permission set $permission_set has neither the original policy nor what replaces it: FORCE=1 attaches the original policy"
    fi
    check_return
    give_set_old
    provision_all
    pause
  elif [ "$there" = '[]' ]; then
    settled
  else
    provision_pending
  fi
  if [ "$there" = '[]' ]; then return; fi
  [ "$same" = yes ] || warn "someone has changed the statements that replace $arn: they are taken away as well"
  # Provisioning takes minutes, in which others may have edited it.
  text=$(inline)
  put_set_inline "$(without_mine "$text")"
  provision_all
}

## The managed policies that it has.

# The policy that goes, as `read_old`, and the managed policies that the permission set has, into `held`.
read_set_old() {
  read_old
  held=$(aws sso-admin list-managed-policies-in-permission-set "${where[@]}" | jq -r '.AttachedManagedPolicies[].Arn')
}

take_set_old() {
  if [ -z "$arn" ]; then
    put_set_inline ''
    return
  fi
  write "detach $arn from permission set $permission_set" \
    aws sso-admin detach-managed-policy-from-permission-set "${where[@]}" "--managed-policy-arn=$arn"
}

give_set_old() {
  if [ -z "$arn" ]; then
    put_set_inline "$(jq -c . "$tmp/before.json")"
    return
  fi
  write "attach $arn to permission set $permission_set" \
    aws sso-admin attach-managed-policy-to-permission-set "${where[@]}" "--managed-policy-arn=$arn"
}

apply_set_detach() {
  read_set_old
  if ! has_old "$held"; then settled; fi
  check_old
  refuse_waiting
  last_checks
  take_set_old
  provision_all
}

rollback_set_detach() {
  read_set_old
  if has_old "$held"; then settled; fi
  check_return
  give_set_old
  provision_all
}

## The customer managed policies that it names, which each account must have.

# Their names, into `named`.
list_named() {
  named=$(aws sso-admin list-customer-managed-policy-references-in-permission-set "${where[@]}" |
    jq -r '.CustomerManagedPolicyReferences[] | select(.Path == null or .Path == "/").Name')
}

reference() { jq -n -c --arg name "$1" '{Name: $name, Path: "/"}'; }

name_policy() {
  write "attach customer managed policy $1 to permission set $permission_set" aws sso-admin \
    attach-customer-managed-policy-reference-to-permission-set "${where[@]}" \
    "--customer-managed-policy-reference=$(reference "$1")"
}

unname_policy() {
  write "detach customer managed policy $1 from permission set $permission_set" aws sso-admin \
    detach-customer-managed-policy-reference-from-permission-set "${where[@]}" \
    "--customer-managed-policy-reference=$(reference "$1")"
}

apply_set_move() {
  local new given
  read_set_old
  list_named
  given=$(count_new "$named")
  if ! has_old "$held"; then
    [ "$given" = "${#creates[@]}" ] ||
      refuse "permission set $permission_set no longer has the policy to replace: scan again"
    settled
  fi
  check_old
  if [ "$given" = 0 ]; then refuse_waiting; fi
  last_checks
  if [ "$given" = "${#creates[@]}" ]; then
    provision_pending
  else
    for new in "${creates[@]}"; do
      has "$named" "$new" || name_policy "$new"
    done
    say 'each account needs these policies: the changes of this permission set in the accounts create them'
    provision_all
  fi
  pause
  take_set_old
  provision_all
}

rollback_set_move() {
  local new given
  read_set_old
  list_named
  given=$(count_new "$named")
  if has_old "$held"; then
    if [ "$given" = 0 ]; then settled; fi
    provision_pending
  else
    [ "$given" = "${#creates[@]}" ] || forced ||
      refuse "permission set $permission_set has neither the original policy nor all of its replacements: FORCE=1 attaches the original policy"
    check_return
    give_set_old
    provision_all
    pause
  fi
  for new in "${creates[@]}"; do
    if has "$named" "$new"; then unname_policy "$new"; fi
  done
  provision_all
}
