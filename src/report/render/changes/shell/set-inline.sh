
from=$(jq -S -c 'select(. != null)' "$tmp/$FROM.json")
to=$(jq -S -c 'select(. != null)' "$tmp/$TO.json")
live=$(inline)
if [ "$live" = "$to" ]; then
  say "already $DONE"
  stale=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" \
    --provisioning-status=LATEST_PERMISSION_SET_NOT_PROVISIONED | jq '.AccountIds | length')
  if [ "$stale" != 0 ]; then provision; fi
  exit 0
fi
[ "$live" = "$from" ] || differs "the inline policy of permission set $SET" "$from" "$live"

if [ -n "$to" ]; then
  write "put the document of $TO.json into permission set $SET" \
    aws sso-admin put-inline-policy-to-permission-set "${where[@]}" "--inline-policy=$(jq -c . "$tmp/$TO.json")"
else
  write "delete the inline policy of permission set $SET" \
    aws sso-admin delete-inline-policy-from-permission-set "${where[@]}"
fi
provision
