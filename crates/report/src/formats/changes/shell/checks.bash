# shellcheck shell=bash
# What speaks against a change that is to be applied. On the way back nothing of this is asked.

# What speaks against it whatever AWS says; nothing has been asked of AWS yet. FORCE=1 overrides its age and nothing else.
check_allowed() {
  # What only creates policies takes nothing from anybody.
  if ! is_forward || [ "$how" = create ]; then return 0; fi
  local now
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  if [ -z "$expires" ]; then
    object 'the report does not say when its usage data was taken, so it may be too old: scan again'
  elif [[ $now > $expires ]]; then
    object "this change expired on ${expires%%T*}, because its usage data is of ${evaluated%%T*}: scan again"
  fi
}

# Refuses a change that AWS disputes: leastwise check writes disputed.txt. FORCE does not override it.
refuse_disputed() {
  if [ -f ./disputed.txt ] && grep -qxF -e "$1" ./disputed.txt; then
    refuse "AWS disputes $1; check.json in the report folder has both opinions"
  fi
}

# Refuses to apply a change of what is defined in code, where the next deployment would put the old policy back.
check_owner() {
  if [ "$way" != apply ] || [ -z "$owned_by" ]; then return; fi
  [ "${OWNED_ELSEWHERE:-}" = 1 ] ||
    refuse "$owned_by To apply it here anyway, run this with OWNED_ELSEWHERE=1; the next deployment of the code may undo it"
  say "warning: $owned_by The next deployment of the code may undo this change."
}

# What AWS says against it, asked just before the first step that writes.
last_checks() {
  if [ "$way" != apply ]; then return 0; fi
  check_members
  check_use
}

# Refuses when a group has members who were not analysed. Who left does not matter.
check_members() {
  local who members member known new=''
  known=$(printf '%s\n' ${principals[@]+"${principals[@]}"})
  for who in ${holders[@]+"${holders[@]}"}; do
    case $who in group/*) ;; *) continue ;; esac
    members=$(aws iam get-group "--group-name=${who#*/}" | jq -r '.Users[].Arn')
    while IFS= read -r member; do
      if [ -n "$member" ] && ! has "$known" "$member"; then new="$new ${member##*/}"; fi
    done <<<"$members"
    [ -z "$new" ] || refuse "$who now has members who were not analysed and may need more permissions:$new: scan again"
  done
}

## What was used since the report.

# Asks IAM in the account of a principal: ARN ARGUMENT... A permission set is in many accounts, and CHECK_PROFILE names the
# profile of each, with {account} for its number.
ask_iam() {
  local at=${1#*::}
  at=${at%%:*}
  if [ -n "$permission_set" ] && [ "$at" != "$caller" ]; then
    if [ -z "${CHECK_PROFILE:-}" ]; then
      printf 'no credentials of account %s: set CHECK_PROFILE to the names of your profiles, such as audit-{account}\n' "$at" \
        >"$tmp/error"
      return 1
    fi
    aws "--profile=${CHECK_PROFILE//\{account\}/$at}" iam "${@:2}" 2>"$tmp/error"
  else
    aws iam "${@:2}" 2>"$tmp/error"
  fi
}

# Whether ask_iam asked in the account of this principal: ARN. In another one it does not exist either.
asked_there() {
  local at=${1#*::} who
  at=${at%%:*}
  if [ -z "$permission_set" ] || [ "$at" = "$caller" ]; then return 0; fi
  who=$(aws "--profile=${CHECK_PROFILE//\{account\}/$at}" sts get-caller-identity 2>"$tmp/error" | jq -r .Account) || return 1
  if [ "$who" = "$at" ]; then return 0; fi
  printf 'the profile for account %s is of account %s\n' "$at" "$who" >"$tmp/error"
  return 1
}

cannot_check() {
  cat "$tmp/error" >&2
  object "could not check what $1 has used since the report"
}

# Asks IAM what the principals have used since, and refuses if some of that would be removed.
check_use() {
  local arn job jobs=() asked=() place
  if [ "${#principals[@]}" = 0 ]; then return 0; fi
  if [ -z "$evaluated" ]; then
    object 'the report does not say when its usage data was taken, so later use cannot be distinguished from earlier use: scan again'
    return 0
  fi
  say "check with IAM that nothing of this was used since ${evaluated%%T*} (principals: ${#principals[@]})"
  # IAM works on all of them at once.
  for arn in "${principals[@]}"; do
    if job=$(ask_iam "$arn" generate-service-last-accessed-details "--arn=$arn" --granularity=ACTION_LEVEL |
      jq -r '.JobId // empty') && [ -n "$job" ]; then
      jobs+=("$job")
      asked+=("$arn")
    elif grep -q 'An error occurred (NoSuchEntity) when calling' "$tmp/error" && asked_there "$arn"; then
      say "$arn no longer exists"
    else
      cannot_check "$arn"
    fi
  done
  for place in ${jobs[@]+"${!jobs[@]}"}; do
    if read_use "${asked[place]}" "${jobs[place]}"; then judge_use "${asked[place]}"; else cannot_check "${asked[place]}"; fi
  done
}

# Waits for a job, and puts all pages of its answer into used.json: ARN JOB
read_use() {
  local page marker='' tries=0
  : >"$tmp/used.json"
  while :; do
    page=$(ask_iam "$1" get-service-last-accessed-details "--job-id=$2" ${marker:+"--marker=$marker"}) || return 1
    case $(jq -r .JobStatus <<<"$page") in
      IN_PROGRESS)
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ]; then
          echo 'IAM has not finished after 5 minutes' >"$tmp/error"
          return 1
        fi
        sleep 2
        continue
        ;;
      COMPLETED) ;;
      *)
        jq -a -r '"IAM: the job is \(.JobStatus): \(.Error.Message // "no reason given")"' <<<"$page" >"$tmp/error"
        return 1
        ;;
    esac
    jq -c '.ServicesLastAccessed[]' <<<"$page" >>"$tmp/used.json"
    marker=$(jq -r 'if .IsTruncated then .Marker // "" else "" end' <<<"$page")
    if [ -z "$marker" ]; then return 0; fi
  done
}

# Refuses if used.json has a later use of what is removed: ARN. Where IAM does not say which action was used, that is said.
judge_use() {
  local found used unclear
  # The row is a file: with many principals it is longer than an argument may be.
  found=$(jq -r -s --slurpfile row <(printf '%s\n' "$row") '
    $row[0] as $row |
    def later: . != null and .[:19] > $row.evaluated[:19];
    def on: .[:10];
    ($row.unused | with_entries(.key |= ascii_downcase)) as $unused |
    .[] | . as $service | (.ServiceNamespace | ascii_downcase) as $name | $unused[$name] |
    select(. != null and ($service.LastAuthenticated | later)) |
    if . == "*" then "used \($name):* (\($service.LastAuthenticated | on))"
    else
      map(ascii_downcase) as $goes | [$service.TrackedActionsLastAccessed[]?] as $tracked |
      ($tracked[] | (.ActionName | ascii_downcase) as $action |
        select(($goes | index($action)) != null and (.LastAccessedTime | later)) |
        "used \($name):\(.ActionName) (\(.LastAccessedTime | on))"),
      ($goes - [$tracked[].ActionName | ascii_downcase] | select(length > 0) |
        "unclear \($name), which was used on \($service.LastAuthenticated | on): \(length) of the removed actions")
    end' "$tmp/used.json")
  used=$(sed -n 's/^used //p' <<<"$found")
  unclear=$(sed -n 's/^unclear //p' <<<"$found")
  if [ -n "$unclear" ]; then
    warn "IAM does not say whether $1 has used these since the report, because it does not track the actions:"
    printf '  %s\n' "$unclear" >&2
  fi
  if [ -n "$used" ]; then
    printf '  %s\n' "$used" >&2
    object "$1 has used the permissions above since the report, and this change removes them: scan again"
  fi
}
