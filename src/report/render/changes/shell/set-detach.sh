
if has_old; then old=yes; else old=no; fi
if [ "$old" = "$TO" ]; then
  say "already $DONE"
  exit 0
fi
if [ "$TO" = no ]; then take_old; else give_old; fi
provision
