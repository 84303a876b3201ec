
before=$(jq -S -c . "$tmp/before.json")
live=$(managed "$OLD")
[ "$live" = "$before" ] || differs "policy $OLD" "$before" "$live"

# Whether a holder with these policies has the old one.
has_old() { has "$2" "$OLD"; }
