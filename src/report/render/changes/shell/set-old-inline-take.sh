
take_old() {
  write "delete the inline policy of permission set $SET" \
    aws sso-admin delete-inline-policy-from-permission-set "${where[@]}"
}
