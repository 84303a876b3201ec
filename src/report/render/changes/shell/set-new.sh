
# The customer-managed policies that the permission set names.
list=$(aws sso-admin list-customer-managed-policy-references-in-permission-set "${where[@]}" |
  jq -r '.CustomerManagedPolicyReferences[] | select(.Path == null or .Path == "/").Name')
named() { grep -qxF -e "$1" <<<"$list"; }
reference() { jq -n -c --arg name "$1" '{Name: $name, Path: "/"}'; }
