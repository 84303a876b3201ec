
# Who has a managed policy, or has it as boundary, and is none of those named.
others() {
  aws iam list-entities-for-policy "--policy-arn=$1" | jq -r '
    [(.PolicyRoles[]? | "role/" + .RoleName), (.PolicyUsers[]? | "user/" + .UserName),
     (.PolicyGroups[]? | "group/" + .GroupName)] - $ARGS.positional | join(", ")' --args "${@:2}"
}
