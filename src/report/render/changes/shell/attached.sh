
# The managed policies of a role, user or group, given as kind/name.
attached() {
  aws iam "list-attached-${1%%/*}-policies" "--${1%%/*}-name=${1#*/}" | jq -r '.AttachedPolicies[].PolicyArn'
}

has() { grep -qxF -e "$2" <<<"$1"; }
