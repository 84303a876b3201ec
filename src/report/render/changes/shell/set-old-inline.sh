
before=$(jq -S -c . "$tmp/before.json")
live=$(inline)
[ -z "$live" ] || [ "$live" = "$before" ] || differs "the inline policy of permission set $SET" "$before" "$live"

# Whether the inline policy is there.
has_old() { [ -n "$live" ]; }
