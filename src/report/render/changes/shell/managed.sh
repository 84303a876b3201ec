
# What a version of a managed policy says.
version() {
  aws iam get-policy-version "--policy-arn=$1" "--version-id=$2" | jq -S -c .PolicyVersion.Document
}

# What a managed policy says now, by its default version; nothing when it is not there.
managed() {
  local id
  # Within $(...) bash goes on after an error unless it is told.
  id=$(ask aws iam get-policy "--policy-arn=$1" | jq -r .Policy.DefaultVersionId) || return 1
  if [ -n "$id" ]; then version "$1" "$id"; fi
}
