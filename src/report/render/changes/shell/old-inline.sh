
before=$(jq -S -c . "$tmp/before.json")
live=$(inline)
[ -z "$live" ] || [ "$live" = "$before" ] || differs "inline policy $POLICY of $KIND $HOLDER" "$before" "$live"

# Whether the inline policy is there.
has_old() { [ -n "$live" ]; }
