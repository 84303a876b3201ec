new=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" |
  jq -r '.AccountIds - $ARGS.positional | join(", ")' --args "${ACCOUNTS[@]}")
[ -z "$new" ] || refuse "permission set $SET is also in $new, which was not analysed: scan again"
