
if has_old; then old=yes; else old=no; fi
missing=0
for policy in "${NEW[@]}"; do
  named "$policy" || missing=$((missing + 1))
done
if [ "$old" = no ]; then
  [ "$missing" = 0 ] || refuse "permission set $SET no longer has the policy that is to be replaced: scan again"
  settled applied
fi
for policy in "${NEW[@]}"; do
  named "$policy" || name "$policy"
done
if ! provision; then
  for policy in "${NEW[@]}"; do
    named "$policy" || unname "$policy"
  done
  refuse 'first run the apply.sh of this permission set in the folder of each account, which create the policies'
fi
take_old
provision
