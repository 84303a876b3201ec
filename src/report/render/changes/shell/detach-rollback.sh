
todo=0
for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  if has_old "$holder" "$list"; then continue; fi
  todo=1
  room "$holder" "$(wc -w <<<"$list")" 1 0
  give_old "$holder"
done
if [ "$todo" = 0 ]; then say 'already rolled back'; fi
