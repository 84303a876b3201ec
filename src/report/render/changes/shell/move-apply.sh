
check_new
todo=0
for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  missing=0
  for arn in "${NEW[@]}"; do
    has "$list" "$arn" || missing=$((missing + 1))
  done
  if has_old "$holder" "$list"; then
    todo=1
    room "$holder" "$(wc -w <<<"$list")" "$missing" "$GOES"
  elif [ "$missing" != 0 ]; then
    [ "${DETACH_FIRST:-}" = 1 ] || refuse "$holder no longer has the policy that is to be replaced: scan again"
    todo=1
    room "$holder" "$(wc -w <<<"$list")" "$missing" 0
  fi
done
if [ "$todo" = 0 ]; then
  say 'already applied'
  exit 0
fi

give_new() {
  local arn
  for arn in "${NEW[@]}"; do
    has "$2" "$arn" || attach "$1" "$arn"
  done
}

create_new
for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  [ "${DETACH_FIRST:-}" = 1 ] || give_new "$holder" "$list"
  if has_old "$holder" "$list"; then take_old "$holder"; fi
  [ "${DETACH_FIRST:-}" != 1 ] || give_new "$holder" "$list"
done
