# shellcheck shell=bash
# What apply.sh and rollback.sh do, for every kind of change. They look the change up in the table of its account,
# <account>.jsonl, or in permission-sets.jsonl. The tables are data: nothing that is read from them, from a document or
# from AWS is ever run, only passed as an argument. Everything is checked before the first step that writes.
# This runs under `set -euo pipefail` and in bash 3.2, the one of macOS.

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
  check_owner
  command -v aws >/dev/null || refuse 'aws not found: install the AWS CLI, version 1 or 2'
  command -v sha256sum >/dev/null || command -v shasum >/dev/null || refuse 'sha256sum not found: install coreutils'

  export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_CLI_AUTO_PROMPT=off PYTHONUTF8=1
  # Version 1 of the CLI does not read AWS_REGION.
  if [ -n "${AWS_REGION:-}" ]; then export AWS_DEFAULT_REGION=$AWS_REGION; fi
  tmp=$(mktemp -d)
  trap 'rm -rf -- "$tmp"' EXIT

  if [ -n "$account" ]; then check_account; fi
  take before "$before" "$before_sha256"
  take after "$after" "$after_sha256"
  if [ -n "$permission_set" ]; then find_permission_set; fi
  case ${permission_set:+set-}$how-$way in
    create-apply) apply_create ;;
    create-rollback) rollback_create ;;
    document-* | set-document-*) change_document ;;
    version-*) change_version ;;
    detach-apply) apply_detach ;;
    detach-rollback) rollback_detach ;;
    move-apply) apply_move ;;
    move-rollback) rollback_move ;;
    set-detach-apply) change_set_detach no ;;
    set-detach-rollback) change_set_detach yes ;;
    set-move-apply) apply_set_move ;;
    set-move-rollback) rollback_set_move ;;
    *) refuse "unknown kind of change: $how" ;;
  esac
}

say() { printf '%s\n' "$*"; }

refuse() {
  printf 'stopped: %s\n' "$*" >&2
  exit 1
}

# Reads one change from its table into variables, the fields of its line.
find_change() {
  local row fields key value
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

  how='' account='' owned_by='' arn='' holder='' policy='' permission_set=''
  before='' before_sha256='' after='' after_sha256=''
  holders=() creates=() accounts=()
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

# Refuses to apply a change of what is defined in code, where the next deployment would put the old policy back.
check_owner() {
  if [ "$way" != apply ] || [ -z "$owned_by" ]; then return; fi
  [ "${OWNED_ELSEWHERE:-}" = 1 ] ||
    refuse "$owned_by To apply it here anyway, run this with OWNED_ELSEWHERE=1; the next deployment of the code may undo it"
  say "warning: $owned_by The next deployment of the code may undo this change."
}

check_account() {
  local caller
  caller=$(aws sts get-caller-identity | jq -r .Account)
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
  jq -e '[.. | numbers | select(fabs > 9007199254740991)] == []' "$tmp/$1.json" >/dev/null ||
    refuse "$2 has a number too large for jq: apply this change manually"
}

# A step that writes: TEXT COMMAND... With DRY_RUN it is only told.
write() {
  case ${DRY_RUN:-0} in
    0) say "$1" ;;
    *) say "dry run: would $1"; return 0 ;;
  esac
  shift
  "$@" >/dev/null
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

# Refuses because a live document is another one, and shows how. "<" is what was expected, ">" is what is there.
differs() {
  printf '%s has changed since the scan:\n' "$1" >&2
  diff <(jq -a -S . <<<"$2") <(jq -a -S . <<<"$3") >&2 || true
  refuse 'nothing was changed; scan again and use the new report'
}

# Nothing is left to change; an account of a permission set may still have to be told.
settled() {
  local stale
  say "already $finished"
  if [ -n "$permission_set" ]; then
    stale=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" \
      --provisioning-status=LATEST_PERMISSION_SET_NOT_PROVISIONED | jq '.AccountIds | length')
    if [ "$stale" != 0 ]; then provision; fi
  fi
  exit 0
}

# Whether a list, one a line, has this: LIST ITEM
has() { grep -qxF -e "$2" <<<"$1"; }

## Inline policies, of a role, user or group, or of a permission set.

inline_name() {
  if [ -n "$permission_set" ]; then
    say "the inline policy of permission set $permission_set"
  else
    say "inline policy $policy of ${holder%%/*} ${holder#*/}"
  fi
}

# What it says now; nothing when it is not there.
inline() {
  if [ -n "$permission_set" ]; then
    aws sso-admin get-inline-policy-for-permission-set "${where[@]}" |
      jq -S -c '.InlinePolicy // "" | select(. != "") | fromjson'
  else
    ask aws iam "get-${holder%%/*}-policy" "--${holder%%/*}-name=${holder#*/}" "--policy-name=$policy" |
      jq -S -c .PolicyDocument
  fi
}

# Gives it the document before or after.
put_inline() {
  local document
  document=$(jq -c . "$tmp/$1.json")
  if [ -n "$permission_set" ]; then
    write "replace the inline policy of permission set $permission_set with the policy $1 the change" \
      aws sso-admin put-inline-policy-to-permission-set "${where[@]}" "--inline-policy=$document"
  else
    write "replace $(inline_name) with the policy $1 the change" \
      aws iam "put-${holder%%/*}-policy" "--${holder%%/*}-name=${holder#*/}" "--policy-name=$policy" \
      "--policy-document=$document"
  fi
}

delete_inline() {
  if [ -n "$permission_set" ]; then
    write "delete $(inline_name)" aws sso-admin delete-inline-policy-from-permission-set "${where[@]}"
  else
    write "delete $(inline_name)" \
      aws iam "delete-${holder%%/*}-policy" "--${holder%%/*}-name=${holder#*/}" "--policy-name=$policy"
  fi
}

# Replaces the document, or deletes it where the new one is null, or puts it back.
change_document() {
  local old new live
  old=$(jq -S -c 'select(. != null)' "$tmp/$from.json")
  new=$(jq -S -c 'select(. != null)' "$tmp/$to.json")
  live=$(inline)
  if [ "$live" = "$new" ]; then settled; fi
  [ "$live" = "$old" ] || differs "$(inline_name)" "$old" "$live"
  if [ -n "$new" ]; then put_inline "$to"; else delete_inline; fi
  if [ -n "$permission_set" ]; then provision; fi
}

## Managed policies.

# What a version says: ARN VERSION
version() {
  aws iam get-policy-version "--policy-arn=$1" "--version-id=$2" | jq -S -c .PolicyVersion.Document
}

# What a policy says now, by its default version; nothing when it is not there.
managed() {
  local id
  # Within $(...) bash goes on after an error unless it is told.
  id=$(ask aws iam get-policy "--policy-arn=$1" | jq -r .Policy.DefaultVersionId) || return 1
  if [ -n "$id" ]; then version "$1" "$id"; fi
}

# Who has a policy, or has it as boundary, and is none of those named: ARN HOLDER...
others() {
  aws iam list-entities-for-policy "--policy-arn=$1" | jq -r '
    [(.PolicyRoles[]? | "role/" + .RoleName), (.PolicyUsers[]? | "user/" + .UserName),
     (.PolicyGroups[]? | "group/" + .GroupName)] - $ARGS.positional | join(", ")' --args "${@:2}"
}

# Makes the new document the default version. On the way back the old version is there, unless it had to make room.
change_version() {
  local old new live more versions id oldest
  old=$(jq -S -c . "$tmp/$from.json")
  new=$(jq -S -c . "$tmp/$to.json")
  live=$(managed "$arn")
  if [ "$live" = "$new" ]; then settled; fi
  [ "$live" = "$old" ] || differs "policy $arn" "$old" "$live"
  if [ "$way" = apply ]; then
    more=$(others "$arn" "${holders[@]}")
    [ -z "$more" ] || refuse "policy $arn is now also attached to $more, which may need more permissions: scan again"
  fi
  # The versions that are not the default, the oldest first.
  versions=$(aws iam list-policy-versions "--policy-arn=$arn" | jq -r '
    [.Versions[] | select(.IsDefaultVersion | not).VersionId] | sort_by(.[1:] | tonumber) | .[]')
  for id in $versions; do
    if [ "$(version "$arn" "$id")" = "$new" ]; then
      write "make version $id of $arn the default version again, which has the policy $to the change" \
        aws iam set-default-policy-version "--policy-arn=$arn" "--version-id=$id"
      exit 0
    fi
  done
  if [ "$(wc -w <<<"$versions")" -ge 4 ]; then
    oldest=${versions%%$'\n'*}
    say "version $oldest is deleted, because a policy has five at most. Its document: $(version "$arn" "$oldest" | jq -a -c .)"
    write "delete version $oldest of $arn, the oldest of 5" \
      aws iam delete-policy-version "--policy-arn=$arn" "--version-id=$oldest"
  fi
  write "create a new default version of $arn with the policy $to the change" \
    aws iam create-policy-version "--policy-arn=$arn" --set-as-default "--policy-document=$(jq -c . "$tmp/$to.json")"
}

## What a role, user or group has attached. Holders are given as kind/name.

# The managed policies of a holder.
attached() {
  aws iam "list-attached-${1%%/*}-policies" "--${1%%/*}-name=${1#*/}" | jq -r '.AttachedPolicies[].PolicyArn'
}

attach() {
  write "attach $2 to $1" aws iam "attach-${1%%/*}-policy" "--${1%%/*}-name=${1#*/}" "--policy-arn=$2"
}

detach() {
  write "detach $2 from $1" aws iam "detach-${1%%/*}-policy" "--${1%%/*}-name=${1#*/}" "--policy-arn=$2"
}

# Refuses when a holder that has so many managed policies cannot have so many more: HOLDER NOW MORE GOES
# What goes can make room first.
room() {
  local quota kind now=$2 more=$3 goes=$4
  case $1 in role/*) kind=Role ;; user/*) kind=User ;; *) kind=Group ;; esac
  quota=$(aws iam get-account-summary | jq -r ".SummaryMap.AttachedPoliciesPer${kind}Quota // 10")
  if [ $((now + more)) -le "$quota" ]; then return; fi
  [ $((now + more - goes)) -le "$quota" ] ||
    refuse "$1 has $now of $quota managed policies attached and needs $more more: request a quota increase first"
  [ "${DETACH_FIRST:-}" = 1 ] ||
    refuse "$1 has $now of $quota managed policies attached and needs $more more before $goes can be detached: request a quota increase, or" \
      'run this with DETACH_FIRST=1, which takes away before it gives and leaves the holder without for a moment'
}

# The policy that goes, the managed one of the change or else the inline one: what it says now, into `live`, and how many
# places among a holder's managed policies it takes. Refuses when it is not what was analysed; an inline one may be gone.
check_old() {
  local old
  old=$(jq -S -c . "$tmp/before.json")
  if [ -n "$arn" ]; then
    takes=1
    live=$(managed "$arn")
    [ "$live" = "$old" ] || differs "policy $arn" "$old" "$live"
  else
    takes=0
    live=$(inline)
    [ -z "$live" ] || [ "$live" = "$old" ] || differs "$(inline_name)" "$old" "$live"
  fi
}

# Whether a holder with these managed policies has the one that goes: LIST
has_old() {
  if [ -n "$arn" ]; then has "$1" "$arn"; else [ -n "$live" ]; fi
}

take_old() {
  if [ -n "$arn" ]; then detach "$1" "$arn"; else delete_inline; fi
}

give_old() {
  if [ -n "$arn" ]; then attach "$1" "$arn"; else put_inline before; fi
}

apply_detach() {
  local todo='' who list
  check_old
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    if has_old "$list"; then
      todo=1
      take_old "$who"
    fi
  done
  if [ -z "$todo" ]; then settled; fi
}

rollback_detach() {
  local without who list
  without=()
  check_old
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    if has_old "$list"; then continue; fi
    without+=("$who")
    room "$who" "$(wc -w <<<"$list")" 1 0
  done
  if [ "${#without[@]}" = 0 ]; then settled; fi
  for who in "${without[@]}"; do
    give_old "$who"
  done
}

## Policies that are created, in place of one that goes or for a permission set to name.

# The document that a policy is created with, by its place.
wanted() { jq -c "if type == \"array\" then .[$1] else . end" "$tmp/after.json"; }

# What each of them says now, into `there`, and how many there are, into `created`. Refuses when one is there with another
# document.
check_new() {
  local i
  there=()
  created=0
  for i in "${!creates[@]}"; do
    there[i]=$(managed "${creates[i]}")
    if [ -z "${there[i]}" ]; then continue; fi
    created=$((created + 1))
    [ "${there[i]}" = "$(wanted "$i" | jq -S -c .)" ] ||
      differs "policy ${creates[i]}" "$(wanted "$i")" "${there[i]}"
  done
}

create_new() {
  local i
  for i in "${!creates[@]}"; do
    if [ -n "${there[i]}" ]; then
      say "policy ${creates[i]} already exists with the same document"
      continue
    fi
    write "create policy ${creates[i]}" \
      aws iam create-policy "--policy-name=${creates[i]##*/}" "--policy-document=$(wanted "$i")"
    case ${DRY_RUN:-0} in 0) aws iam wait policy-exists "--policy-arn=${creates[i]}" ;; esac
  done
}

# Deletes those that are as they were created, and that nobody has but the holders named.
delete_new() {
  local i users
  for i in "${!creates[@]}"; do
    if [ -z "${there[i]}" ]; then continue; fi
    users=$(others "${creates[i]}" "$@")
    if [ -n "$users" ]; then
      say "policy ${creates[i]} is kept: it is attached to $users"
    elif [ "$(aws iam list-policy-versions "--policy-arn=${creates[i]}" | jq '.Versions | length')" != 1 ]; then
      say "policy ${creates[i]} is kept: it has newer versions"
    else
      write "delete policy ${creates[i]}" aws iam delete-policy "--policy-arn=${creates[i]}"
    fi
  done
}

apply_create() {
  check_new
  if [ "$created" = "${#creates[@]}" ]; then settled; fi
  create_new
}

rollback_create() {
  check_new
  if [ "$created" = 0 ]; then settled; fi
  # Nobody is spared: who has them now has them by the permission set.
  delete_new ''
}

# Attaches those that are not in the list: HOLDER LIST
give_new() {
  local new
  for new in "${creates[@]}"; do
    has "$2" "$new" || attach "$1" "$new"
  done
}

take_new() {
  local new
  for new in "${creates[@]}"; do
    if has "$2" "$new"; then detach "$1" "$new"; fi
  done
}

# How many of them are in a list.
count_new() {
  local new count=0
  for new in "${creates[@]}"; do
    if has "$1" "$new"; then count=$((count + 1)); fi
  done
  say "$count"
}

# Gives the new policies to each holder, then takes the old one away; with DETACH_FIRST=1 the other way round.
apply_move() {
  local todo='' who list missing
  check_old
  check_new
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    missing=$((${#creates[@]} - $(count_new "$list")))
    if has_old "$list"; then
      todo=1
      room "$who" "$(wc -w <<<"$list")" "$missing" "$takes"
    elif [ "$missing" != 0 ]; then
      [ "${DETACH_FIRST:-}" = 1 ] || refuse "$who no longer has the policy to replace: scan again"
      todo=1
      room "$who" "$(wc -w <<<"$list")" "$missing" 0
    fi
  done
  if [ -z "$todo" ]; then settled; fi
  create_new
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    [ "${DETACH_FIRST:-}" = 1 ] || give_new "$who" "$list"
    if has_old "$list"; then take_old "$who"; fi
    [ "${DETACH_FIRST:-}" != 1 ] || give_new "$who" "$list"
  done
}

rollback_move() {
  local todo='' who list given
  check_old
  check_new
  if [ "$created" != 0 ]; then todo=1; fi
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    given=$(count_new "$list")
    if ! has_old "$list"; then
      [ "$given" = "${#creates[@]}" ] || [ "${DETACH_FIRST:-}" = 1 ] ||
        refuse "$who has neither the original policy nor all of its replacements: fix this manually, or scan again"
      todo=1
      room "$who" "$(wc -w <<<"$list")" "$takes" "$given"
    fi
  done
  if [ -z "$todo" ]; then settled; fi
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    if [ "${DETACH_FIRST:-}" = 1 ]; then take_new "$who" "$list"; fi
    has_old "$list" || give_old "$who"
    [ "${DETACH_FIRST:-}" = 1 ] || take_new "$who" "$list"
  done
  delete_new "${holders[@]}"
}

## Permission sets of Identity Center.

# Finds it by its name. To be applied it must not be in accounts that were not analysed.
find_permission_set() {
  local instance id name found='' new
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
  if [ "$way" = apply ]; then
    new=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" |
      jq -r '.AccountIds - $ARGS.positional | join(", ")' --args "${accounts[@]}")
    [ -z "$new" ] || refuse "permission set $permission_set is also provisioned in $new, which was not analysed: scan again"
  fi
}

# Puts the permission set as it is now into all of its accounts, and waits.
provision() {
  local status state
  # The answer is needed, which a step does not give.
  write "provision permission set $permission_set in all of its accounts" true
  case ${DRY_RUN:-0} in 0) ;; *) return 0 ;; esac
  status=$(aws sso-admin provision-permission-set "${where[@]}" --target-type=ALL_PROVISIONED_ACCOUNTS |
    jq -c .PermissionSetProvisioningStatus)
  while state=$(jq -r .Status <<<"$status") && [ "$state" = IN_PROGRESS ]; do
    sleep 3
    status=$(aws sso-admin describe-permission-set-provisioning-status "${where[0]}" \
      "--provision-permission-set-request-id=$(jq -r .RequestId <<<"$status")" |
      jq -c .PermissionSetProvisioningStatus)
  done
  if [ "$state" != SUCCEEDED ]; then
    printf 'provisioning failed: %s\n' "$(jq -a -r '.FailureReason // .Status' <<<"$status")" >&2
    return 1
  fi
}

# The policy that goes, as `check_old`, and the managed policies that the permission set has.
check_set_old() {
  check_old
  held=''
  if [ -n "$arn" ]; then
    held=$(aws sso-admin list-managed-policies-in-permission-set "${where[@]}" | jq -r '.AttachedManagedPolicies[].Arn')
  fi
}

take_set_old() {
  if [ -z "$arn" ]; then
    delete_inline
    return
  fi
  write "detach $arn from permission set $permission_set" \
    aws sso-admin detach-managed-policy-from-permission-set "${where[@]}" "--managed-policy-arn=$arn"
}

give_set_old() {
  if [ -z "$arn" ]; then
    put_inline before
    return
  fi
  write "attach $arn to permission set $permission_set" \
    aws sso-admin attach-managed-policy-to-permission-set "${where[@]}" "--managed-policy-arn=$arn"
}

# The customer-managed policies that the permission set names, into `named`.
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

# Whether the permission set is to have the managed policy: yes|no
change_set_detach() {
  local old=no
  check_set_old
  if has_old "$held"; then old=yes; fi
  if [ "$old" = "$1" ]; then settled; fi
  if [ "$1" = no ]; then take_set_old; else give_set_old; fi
  provision
}

apply_set_move() {
  local new
  check_set_old
  list_named
  if ! has_old "$held"; then
    [ "$(count_new "$named")" = "${#creates[@]}" ] ||
      refuse "permission set $permission_set no longer has the policy to replace: scan again"
    settled
  fi
  for new in "${creates[@]}"; do
    has "$named" "$new" || name_policy "$new"
  done
  if ! provision; then
    for new in "${creates[@]}"; do
      has "$named" "$new" || unname_policy "$new"
    done
    refuse 'apply the changes of this permission set in each account first: they create the policies'
  fi
  take_set_old
  provision
}

rollback_set_move() {
  local new given
  check_set_old
  list_named
  given=$(count_new "$named")
  if has_old "$held"; then
    if [ "$given" = 0 ]; then settled; fi
  else
    [ "$given" = "${#creates[@]}" ] ||
      refuse "permission set $permission_set has neither the original policy nor all of its replacements: fix this manually"
    give_set_old
    provision
  fi
  for new in "${creates[@]}"; do
    if has "$named" "$new"; then unname_policy "$new"; fi
  done
  provision
}
