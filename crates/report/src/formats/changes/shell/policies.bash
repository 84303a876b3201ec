# shellcheck shell=bash
# Documents: inline policies of a role, user or group, and versions of managed policies.

## Inline policies.

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
      jq -c '.InlinePolicy // "" | select(. != "") | fromjson' | one_form
  else
    ask aws iam "get-${holder%%/*}-policy" "--${holder%%/*}-name=${holder#*/}" "--policy-name=$policy" |
      jq -c .PolicyDocument | one_form
  fi
}

# Refuses when it was edited since it was read, as while IAM was asked: LIVE
check_unedited() {
  local now
  now=$(inline)
  [ "$now" = "$1" ] || refuse "$(inline_name) was edited while this ran: run this again"
}

# Gives it the document before or after.
put_inline() {
  write "replace $(inline_name) with the policy $1 the change" \
    aws iam "put-${holder%%/*}-policy" "--${holder%%/*}-name=${holder#*/}" "--policy-name=$policy" \
    "--policy-document=$(jq -c . "$tmp/$1.json")"
}

delete_inline() {
  write "delete $(inline_name)" \
    aws iam "delete-${holder%%/*}-policy" "--${holder%%/*}-name=${holder#*/}" "--policy-name=$policy"
}

# Replaces the document, or deletes it where the new one is null, or puts it back.
change_document() {
  local old new live
  old=$(one_form "$tmp/$from.json")
  new=$(one_form "$tmp/$to.json")
  live=$(inline)
  if [ "$live" = "$new" ]; then settled; fi
  [ "$live" = "$old" ] || differs "$(inline_name)" "$old" "$live"
  last_checks
  check_unedited "$live"
  if [ -n "$new" ]; then put_inline "$to"; else delete_inline; fi
}

## Managed policies.

# What a version says: ARN VERSION
version() {
  aws iam get-policy-version "--policy-arn=$1" "--version-id=$2" | jq -c .PolicyVersion.Document | one_form
}

# What a policy says now, by its default version; nothing when it is not there.
managed() {
  local id
  # Within $(...) bash goes on after an error unless it is told.
  id=$(ask aws iam get-policy "--policy-arn=$1" | jq -r .Policy.DefaultVersionId) || return 1
  if [ -n "$id" ]; then version "$1" "$id"; fi
}

# Whether a policy is one of AWS, which nobody else can edit.
is_of_aws() { case $1 in arn:*:iam::aws:policy/*) ;; *) return 1 ;; esac; }

# Who has a policy, or has it as boundary, and is none of those named: ARN HOLDER...
others() {
  aws iam list-entities-for-policy "--policy-arn=$1" | jq -r '
    [(.PolicyRoles[]? | "role/" + .RoleName), (.PolicyUsers[]? | "user/" + .UserName),
     (.PolicyGroups[]? | "group/" + .GroupName)] - $ARGS.positional | join(", ")' --args "${@:2}"
}

# Makes the new document the default version. On the way back the old version is there, unless it had to make room.
change_version() {
  local old new live more versions id oldest text
  old=$(one_form "$tmp/$from.json")
  new=$(one_form "$tmp/$to.json")
  live=$(managed "$arn")
  if [ "$live" = "$new" ]; then settled; fi
  [ "$live" = "$old" ] || differs "policy $arn" "$old" "$live"
  if [ "$way" = apply ]; then
    more=$(others "$arn" "${holders[@]}")
    [ -z "$more" ] || refuse "policy $arn is now also attached to $more, which may need more permissions: scan again"
  fi
  last_checks
  # The versions that are not the default, the oldest first.
  versions=$(aws iam list-policy-versions "--policy-arn=$arn" | jq -r '
    [.Versions[] | select(.IsDefaultVersion | not).VersionId] | sort_by(.[1:] | tonumber) | .[]')
  for id in $versions; do
    text=$(version "$arn" "$id")
    if [ "$text" = "$new" ]; then
      write "make version $id of $arn the default version again, which has the policy $to the change" \
        aws iam set-default-policy-version "--policy-arn=$arn" "--version-id=$id"
      return
    fi
  done
  if [ "$(wc -w <<<"$versions")" -ge 4 ]; then
    oldest=${versions%%$'\n'*}
    text=$(version "$arn" "$oldest" | jq -a -c .)
    say "version $oldest is deleted, because a policy can have at most five. Its document: $text"
    write "delete version $oldest of $arn, the oldest of 5" \
      aws iam delete-policy-version "--policy-arn=$arn" "--version-id=$oldest"
  fi
  write "create a new default version of $arn with the policy $to the change" \
    aws iam create-policy-version "--policy-arn=$arn" --set-as-default "--policy-document=$(jq -c . "$tmp/$to.json")"
}
