
# The versions that are not the default, the oldest first.
versions=$(aws iam list-policy-versions "--policy-arn=$ARN" | jq -r '
  [.Versions[] | select(.IsDefaultVersion | not).VersionId] | sort_by(.[1:] | tonumber) | .[]')
for id in $versions; do
  if [ "$(version "$ARN" "$id")" = "$to" ]; then
    write "make version $id of $ARN the default again, which has the document of $TO.json" \
      aws iam set-default-policy-version "--policy-arn=$ARN" "--version-id=$id"
    exit 0
  fi
done
if [ "$(wc -w <<<"$versions")" -ge 4 ]; then
  oldest=${versions%%$'\n'*}
  say "version $oldest has to make room, this is its document: $(version "$ARN" "$oldest" | jq -a -c .)"
  write "delete version $oldest of $ARN, the oldest of five" \
    aws iam delete-policy-version "--policy-arn=$ARN" "--version-id=$oldest"
fi
write "create a version of $ARN with the document of $TO.json, as the default" \
  aws iam create-policy-version "--policy-arn=$ARN" --set-as-default "--policy-document=$(jq -c . "$tmp/$TO.json")"
