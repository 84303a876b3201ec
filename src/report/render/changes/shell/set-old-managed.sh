
before=$(jq -S -c . "$tmp/before.json")
live=$(managed "$OLD")
[ "$live" = "$before" ] || differs "policy $OLD" "$before" "$live"

# Whether the permission set has the old policy.
has_old() {
  aws sso-admin list-managed-policies-in-permission-set "${where[@]}" |
    jq -e --arg arn "$OLD" 'any(.AttachedManagedPolicies[]; .Arn == $arn)' >/dev/null
}
