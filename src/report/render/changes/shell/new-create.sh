
create_new() {
  local i
  for i in "${!NEW[@]}"; do
    if [ -n "${there[i]}" ]; then
      say "policy ${NEW[i]} is there already, with the same document"
      continue
    fi
    write "create policy ${NEW[i]}" \
      aws iam create-policy "--policy-name=${NEW[i]##*/}" "--policy-document=$(wanted "$i")"
    case ${DRY_RUN:-0} in 0) aws iam wait policy-exists "--policy-arn=${NEW[i]}" ;; esac
  done
}
