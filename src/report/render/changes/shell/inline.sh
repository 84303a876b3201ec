
from=$(jq -S -c 'select(. != null)' "$tmp/$FROM.json")
to=$(jq -S -c 'select(. != null)' "$tmp/$TO.json")
live=$(inline)
if [ "$live" = "$to" ]; then
  say "already $DONE"
  exit 0
fi
[ "$live" = "$from" ] || differs "inline policy $POLICY of $KIND $HOLDER" "$from" "$live"

if [ -n "$to" ]; then
  write "put the document of $TO.json into inline policy $POLICY of $KIND $HOLDER" \
    aws iam "put-$KIND-policy" "--$KIND-name=$HOLDER" "--policy-name=$POLICY" \
    "--policy-document=$(jq -c . "$tmp/$TO.json")"
else
  write "delete inline policy $POLICY of $KIND $HOLDER" \
    aws iam "delete-$KIND-policy" "--$KIND-name=$HOLDER" "--policy-name=$POLICY"
fi
