
give_old() {
  write "put the document of before.json into permission set $SET" \
    aws sso-admin put-inline-policy-to-permission-set "${where[@]}" "--inline-policy=$(jq -c . "$tmp/before.json")"
}
