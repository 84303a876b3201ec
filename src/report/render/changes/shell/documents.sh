
# A document of the report, if it is still the one that this script was made with.
take() {
  local sum
  cp -- "$2" "$tmp/$1.json" 2>/dev/null ||
    refuse "$2 cannot be read: keep changes/ beside policies/, as the report has them"
  sum=$(if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi <"$tmp/$1.json")
  [ "${sum%% *}" = "$3" ] || refuse "$2 is not the file that this script was made with: take both from one report"
  jq -e '[.. | numbers | select(fabs > 9007199254740991)] == []' "$tmp/$1.json" >/dev/null ||
    refuse "$2 has a number that jq cannot keep: apply this by hand"
}

# Ends this because a live document is another one, and shows how. "<" is what was expected, ">" is what is there.
differs() {
  printf '%s is not as it was analysed:\n' "$1" >&2
  diff <(jq -a -S . <<<"$2") <(jq -a -S . <<<"$3") >&2 || true
  refuse 'nothing was changed; scan again and take the new script'
}

take before "$BEFORE" "$BEFORE_SHA256"
take after "$AFTER" "$AFTER_SHA256"
