
# The permission set, by its name.
instance=$(aws sso-admin list-instances | jq -r '.Instances | if length == 1 then .[0].InstanceArn else "" end')
[ -n "$instance" ] ||
  refuse 'there is not one Identity Center here: use credentials of the account that administers it, and AWS_REGION of its Region'
set_arn=''
for arn in $(aws sso-admin list-permission-sets "--instance-arn=$instance" | jq -r '.PermissionSets[]'); do
  name=$(aws sso-admin describe-permission-set "--instance-arn=$instance" "--permission-set-arn=$arn" |
    jq -r .PermissionSet.Name)
  if [ "$name" = "$SET" ]; then set_arn=$arn; fi
done
[ -n "$set_arn" ] || refuse "Identity Center has no permission set $SET: scan again"
where=("--instance-arn=$instance" "--permission-set-arn=$set_arn")

# Puts the permission set as it is now into all of its accounts, and waits.
provision() {
  local status state
  # The answer is needed, which a step does not give.
  write "provision permission set $SET in all of its accounts" true
  case ${DRY_RUN:-0} in 0) ;; *) return 0 ;; esac
  status=$(aws sso-admin provision-permission-set "${where[@]}" --target-type=ALL_PROVISIONED_ACCOUNTS |
    jq -c .PermissionSetProvisioningStatus)
  while state=$(jq -r .Status <<<"$status") && [ "$state" = IN_PROGRESS ]; do
    sleep 3
    status=$(aws sso-admin describe-permission-set-provisioning-status "--instance-arn=$instance" \
      "--provision-permission-set-request-id=$(jq -r .RequestId <<<"$status")" |
      jq -c .PermissionSetProvisioningStatus)
  done
  if [ "$state" != SUCCEEDED ]; then
    printf 'it could not be provisioned: %s\n' "$(jq -a -r '.FailureReason // .Status' <<<"$status")" >&2
    return 1
  fi
}
