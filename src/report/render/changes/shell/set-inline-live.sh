
# What its inline policy says now; nothing when it has none.
inline() {
  aws sso-admin get-inline-policy-for-permission-set "${where[@]}" |
    jq -S -c '.InlinePolicy // "" | select(. != "") | fromjson'
}
