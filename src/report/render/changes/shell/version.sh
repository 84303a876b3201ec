
from=$(jq -S -c . "$tmp/$FROM.json")
to=$(jq -S -c . "$tmp/$TO.json")
live=$(managed "$ARN")
if [ "$live" = "$to" ]; then
  say "already $DONE"
  exit 0
fi
[ "$live" = "$from" ] || differs "policy $ARN" "$from" "$live"
