
if has_old; then old=yes; else old=no; fi
given=0
for policy in "${NEW[@]}"; do
  if named "$policy"; then given=$((given + 1)); fi
done
if [ "$old" = yes ] && [ "$given" = 0 ]; then settled 'rolled back'; fi
if [ "$old" = no ]; then
  [ "$given" = "${#NEW[@]}" ] ||
    refuse "permission set $SET has neither the old policy nor all that took its place: put it right by hand"
  give_old
  provision
fi
for policy in "${NEW[@]}"; do
  if named "$policy"; then unname "$policy"; fi
done
provision
