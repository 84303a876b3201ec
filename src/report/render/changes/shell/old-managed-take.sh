
take_old() { detach "$1" "$OLD"; }
