
# The document that a policy is created with, by its place.
wanted() { jq -c "if type == \"array\" then .[$1] else . end" "$tmp/after.json"; }

# Refuses when one of the policies is there with another document.
check_new() {
  local i
  there=()
  for i in "${!NEW[@]}"; do
    there[i]=$(managed "${NEW[i]}")
    if [ -n "${there[i]}" ] && [ "${there[i]}" != "$(wanted "$i" | jq -S -c .)" ]; then
      differs "policy ${NEW[i]}" "$(wanted "$i")" "${there[i]}"
    fi
  done
}
