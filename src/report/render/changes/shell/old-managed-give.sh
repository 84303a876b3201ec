
give_old() { attach "$1" "$OLD"; }
