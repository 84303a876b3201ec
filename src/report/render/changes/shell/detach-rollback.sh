
todo=()
for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  if has_old "$holder" "$list"; then continue; fi
  todo+=("$holder")
  room "$holder" "$(wc -w <<<"$list")" 1 0
done
if [ "${#todo[@]}" = 0 ]; then
  say 'already rolled back'
  exit 0
fi
for holder in "${todo[@]}"; do
  give_old "$holder"
done
