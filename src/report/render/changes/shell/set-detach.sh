
if has_old; then old=yes; else old=no; fi
if [ "$old" = "$TO" ]; then settled "$DONE"; fi
if [ "$TO" = no ]; then take_old; else give_old; fi
provision
