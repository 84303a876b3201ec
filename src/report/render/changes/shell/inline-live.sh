
# What the inline policy says now; nothing when it is not there.
inline() {
  ask aws iam "get-$KIND-policy" "--$KIND-name=$HOLDER" "--policy-name=$POLICY" | jq -S -c .PolicyDocument
}
