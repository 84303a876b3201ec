
name() {
  write "name policy $1 in permission set $SET" aws sso-admin \
    attach-customer-managed-policy-reference-to-permission-set "${where[@]}" \
    "--customer-managed-policy-reference=$(reference "$1")"
}
