# shellcheck shell=bash
# What a role, user or group has attached, and policies that are created in place of one that goes. Holders are given as
# kind/name.

# The managed policies of a holder.
attached() {
  aws iam "list-attached-${1%%/*}-policies" "--${1%%/*}-name=${1#*/}" | jq -r '.AttachedPolicies[].PolicyArn'
}

# On the way back: who was deleted since stops nobody else's return.
skip_gone() {
  local who answer kept=()
  for who in "${holders[@]}"; do
    answer=$(ask aws iam "list-attached-${who%%/*}-policies" "--${who%%/*}-name=${who#*/}")
    if [ -n "$answer" ]; then kept+=("$who"); else warn "$who no longer exists: there is nothing to give back to it"; fi
  done
  [ "${#kept[@]}" != 0 ] || refuse 'nobody of this change exists any more'
  holders=("${kept[@]}")
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

# The policy that goes, the managed one of the change or else the inline one: what the report says into `old`, what it says
# now into `live`, and how many places among a holder's managed policies it takes into `takes`.
read_old() {
  old=$(one_form "$tmp/before.json")
  if [ -n "$arn" ]; then
    takes=1
    live=$(managed "$arn")
  else
    takes=0
    live=$(inline)
  fi
}

# Refuses to take it when it is not what was analysed; an inline one may be gone.
check_old() {
  read_old
  if [ "$live" = "$old" ]; then return; fi
  if [ -n "$arn" ]; then differs "policy $arn" "$old" "$live"; fi
  if [ -n "$live" ]; then differs "$(inline_name)" "$old" "$live"; fi
}

# Before it is given back. What AWS has made of a policy of its own meanwhile is right: AWS keeps it working.
check_return() {
  if [ "$live" = "$old" ]; then return; fi
  if [ -z "$arn" ]; then
    if [ -n "$live" ]; then differs "$(inline_name)" "$old" "$live"; fi
  elif is_of_aws "$arn"; then
    [ -n "$live" ] || refuse "AWS no longer has policy $arn: attach its successor manually, then run this again"
    warn "AWS has changed policy $arn since the scan: it is attached as AWS has it now"
  elif [ -n "$live" ]; then
    differs "policy $arn" "$old" "$live"
    warn "policy $arn is attached as it is now, because others may use it"
  else
    say "policy $arn was deleted since the change"
  fi
}

# Whether a holder with these managed policies has the one that goes: LIST
has_old() {
  if [ -n "$arn" ]; then has "$1" "$arn"; else [ -n "$live" ] && [ "$live" = "$old" ]; fi
}

take_old() {
  if [ -n "$arn" ]; then detach "$1" "$arn"; else delete_inline; fi
}

# Creates a customer managed policy again that someone deleted after nobody had it any more.
create_old() {
  local path
  if [ -z "$arn" ] || [ -n "$live" ]; then return 0; fi
  path=/${arn#*:policy/}
  write "create policy $arn again with the policy before the change" \
    aws iam create-policy "--policy-name=${arn##*/}" "--path=${path%"${arn##*/}"}" \
    "--policy-document=$(jq -c . "$tmp/before.json")"
  dry || aws iam wait policy-exists "--policy-arn=$arn"
}

give_old() {
  if [ -n "$arn" ]; then attach "$1" "$arn"; else put_inline before; fi
}

apply_detach() {
  local todo=() who list
  check_old
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    if has_old "$list"; then todo+=("$who"); fi
  done
  if [ "${#todo[@]}" = 0 ]; then settled; fi
  last_checks
  for who in "${todo[@]}"; do
    take_old "$who"
  done
}

rollback_detach() {
  local without=() who list
  skip_gone
  read_old
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    if has_old "$list"; then continue; fi
    without+=("$who")
    room "$who" "$(wc -w <<<"$list")" 1 0
  done
  if [ "${#without[@]}" = 0 ]; then settled; fi
  check_return
  create_old
  for who in "${without[@]}"; do
    give_old "$who"
  done
}

## Policies that are created, in place of one that goes or for a permission set to name.

# The document that a policy is created with, by its place.
wanted() { jq -c "if type == \"array\" then .[$1] else . end" "$tmp/after.json"; }

# What each of them says now, into `there`, and how many there are, into `created`. Refuses when one is there with another
# document; on the way back that is only kept.
check_new() {
  local i
  there=()
  edited=()
  created=0
  for i in "${!creates[@]}"; do
    there[i]=$(managed "${creates[i]}")
    edited[i]=''
    if [ -z "${there[i]}" ]; then continue; fi
    created=$((created + 1))
    if [ "${there[i]}" = "$(wanted "$i" | one_form)" ]; then continue; fi
    [ "$way" = rollback ] || differs "policy ${creates[i]}" "$(wanted "$i")" "${there[i]}"
    edited[i]=1
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
    dry || aws iam wait policy-exists "--policy-arn=${creates[i]}"
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
    elif [ -n "${edited[i]}" ]; then
      say "policy ${creates[i]} is kept: someone has changed it"
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

# Attaches those that the holder lacks.
give_new() {
  local new list
  list=$(attached "$1")
  for new in "${creates[@]}"; do
    has "$list" "$new" || attach "$1" "$new"
  done
}

take_new() {
  local new list
  list=$(attached "$1")
  for new in "${creates[@]}"; do
    if has "$list" "$new"; then detach "$1" "$new"; fi
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

# Gives the new policies to all holders, waits, then takes the old one away; with DETACH_FIRST=1 the other way round, holder
# by holder.
apply_move() {
  local todo=() who list missing
  check_old
  check_new
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    missing=$((${#creates[@]} - $(count_new "$list")))
    if has_old "$list"; then
      todo+=("$who")
      room "$who" "$(wc -w <<<"$list")" "$missing" "$takes"
    elif [ "$missing" != 0 ]; then
      [ "${DETACH_FIRST:-}" = 1 ] || refuse "$who no longer has the policy to replace: scan again"
      todo+=("$who")
      room "$who" "$(wc -w <<<"$list")" "$missing" 0
    fi
  done
  if [ "${#todo[@]}" = 0 ]; then settled; fi
  last_checks
  create_new
  if [ "${DETACH_FIRST:-}" != 1 ]; then
    for who in "${todo[@]}"; do give_new "$who"; done
    pause
  fi
  for who in "${todo[@]}"; do
    list=$(attached "$who")
    if has_old "$list"; then take_old "$who"; fi
    [ "${DETACH_FIRST:-}" != 1 ] || give_new "$who"
  done
}

rollback_move() {
  local any='' without=() who list given
  skip_gone
  read_old
  check_new
  if [ "$created" != 0 ]; then any=1; fi
  for who in "${holders[@]}"; do
    list=$(attached "$who")
    given=$(count_new "$list")
    if ! has_old "$list"; then
      [ "$given" = "${#creates[@]}" ] || [ "${DETACH_FIRST:-}" = 1 ] || forced ||
        refuse "$who has neither the original policy nor all of its replacements, so someone may have removed them deliberately:" \
          'FORCE=1 attaches the original policy'
      without+=("$who")
      any=1
      room "$who" "$(wc -w <<<"$list")" "$takes" "$given"
    fi
  done
  if [ -z "$any" ]; then settled; fi
  if [ "${#without[@]}" != 0 ]; then
    check_return
    create_old
  fi
  if [ "${DETACH_FIRST:-}" = 1 ]; then
    for who in "${holders[@]}"; do take_new "$who"; done
  fi
  for who in ${without[@]+"${without[@]}"}; do give_old "$who"; done
  if [ "${DETACH_FIRST:-}" != 1 ]; then
    pause
    for who in "${holders[@]}"; do take_new "$who"; done
  fi
  delete_new "${holders[@]}"
}
