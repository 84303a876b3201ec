
check_new
todo=0
for i in "${!NEW[@]}"; do
  if [ -n "${there[i]}" ]; then todo=1; fi
done
for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  given=0
  for arn in "${NEW[@]}"; do
    if has "$list" "$arn"; then given=$((given + 1)); fi
  done
  if ! has_old "$holder" "$list"; then
    [ "$given" = "${#NEW[@]}" ] || [ "${DETACH_FIRST:-}" = 1 ] ||
      refuse "$holder has neither the old policy nor all that took its place: put it right by hand, or scan again"
    todo=1
    room "$holder" "$(wc -w <<<"$list")" "$GOES" "$given"
  fi
done
if [ "$todo" = 0 ]; then
  say 'already rolled back'
  exit 0
fi

take_new() {
  local arn
  for arn in "${NEW[@]}"; do
    if has "$2" "$arn"; then detach "$1" "$arn"; fi
  done
}

for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  if [ "${DETACH_FIRST:-}" = 1 ]; then take_new "$holder" "$list"; fi
  has_old "$holder" "$list" || give_old "$holder"
  [ "${DETACH_FIRST:-}" = 1 ] || take_new "$holder" "$list"
done
delete_new "${HOLDERS[@]}"
