
give_old() {
  write "attach $OLD to permission set $SET" \
    aws sso-admin attach-managed-policy-to-permission-set "${where[@]}" "--managed-policy-arn=$OLD"
}
