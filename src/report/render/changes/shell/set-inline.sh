
from=$(jq -S -c 'select(. != null)' "$tmp/$FROM.json")
to=$(jq -S -c 'select(. != null)' "$tmp/$TO.json")
live=$(inline)
if [ "$live" = "$to" ]; then settled "$DONE"; fi
[ "$live" = "$from" ] || differs "the inline policy of permission set $SET" "$from" "$live"

if [ -n "$to" ]; then
  write "put the document of $TO.json into permission set $SET" \
    aws sso-admin put-inline-policy-to-permission-set "${where[@]}" "--inline-policy=$(jq -c . "$tmp/$TO.json")"
else
  write "delete the inline policy of permission set $SET" \
    aws sso-admin delete-inline-policy-from-permission-set "${where[@]}"
fi
provision
