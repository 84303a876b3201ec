
give_old() {
  write "put the document of before.json into inline policy $POLICY of $KIND $HOLDER" \
    aws iam "put-$KIND-policy" "--$KIND-name=$HOLDER" "--policy-name=$POLICY" \
    "--policy-document=$(jq -c . "$tmp/before.json")"
}
