
take_old() {
  write "delete inline policy $POLICY of $KIND $HOLDER" \
    aws iam "delete-$KIND-policy" "--$KIND-name=$HOLDER" "--policy-name=$POLICY"
}
