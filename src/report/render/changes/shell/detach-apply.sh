
todo=0
for holder in "${HOLDERS[@]}"; do
  list=$(attached "$holder")
  if has_old "$holder" "$list"; then
    todo=1
    take_old "$holder"
  fi
done
if [ "$todo" = 0 ]; then say 'already applied'; fi
