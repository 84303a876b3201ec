
take_old() {
  write "detach $OLD from permission set $SET" \
    aws sso-admin detach-managed-policy-from-permission-set "${where[@]}" "--managed-policy-arn=$OLD"
}
