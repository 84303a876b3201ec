
unname() {
  write "take policy $1 out of permission set $SET" aws sso-admin \
    detach-customer-managed-policy-reference-from-permission-set "${where[@]}" \
    "--customer-managed-policy-reference=$(reference "$1")"
}
