
before=$(jq -S -c . "$tmp/before.json")
live=$(managed "$OLD")
[ "$live" = "$before" ] || differs "policy $OLD" "$before" "$live"
held=$(aws sso-admin list-managed-policies-in-permission-set "${where[@]}" | jq -r '.AttachedManagedPolicies[].Arn')

# Whether the permission set has the old policy.
has_old() { grep -qxF -e "$OLD" <<<"$held"; }
