
# Deletes the policies that are as they were created, and that nobody has but those named.
delete_new() {
  local i users
  for i in "${!NEW[@]}"; do
    if [ -z "${there[i]}" ]; then continue; fi
    users=$(others "${NEW[i]}" "$@")
    if [ -n "$users" ]; then
      say "policy ${NEW[i]} stays: it is used by $users"
    elif [ "$(aws iam list-policy-versions "--policy-arn=${NEW[i]}" | jq '.Versions | length')" != 1 ]; then
      say "policy ${NEW[i]} stays: it has versions that were not created with it"
    else
      write "delete policy ${NEW[i]}" aws iam delete-policy "--policy-arn=${NEW[i]}"
    fi
  done
}
