
# Nothing is left to change; an account may still have to be told.
settled() {
  local stale
  say "already $1"
  stale=$(aws sso-admin list-accounts-for-provisioned-permission-set "${where[@]}" \
    --provisioning-status=LATEST_PERMISSION_SET_NOT_PROVISIONED | jq '.AccountIds | length')
  if [ "$stale" != 0 ]; then provision; fi
  exit 0
}
