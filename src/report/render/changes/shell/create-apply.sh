
check_new
missing=0
for document in "${there[@]}"; do
  [ -n "$document" ] || missing=1
done
if [ "$missing" = 0 ]; then
  say 'already applied'
  exit 0
fi
create_new
