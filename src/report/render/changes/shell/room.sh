
# Refuses when a holder that has so many managed policies cannot have so many more. What goes can make room first.
room() {
  local quota kind now=$2 more=$3 goes=$4
  case $1 in role/*) kind=Role ;; user/*) kind=User ;; *) kind=Group ;; esac
  quota=$(aws iam get-account-summary | jq -r ".SummaryMap.AttachedPoliciesPer${kind}Quota // 10")
  if [ $((now + more)) -le "$quota" ]; then return; fi
  [ $((now + more - goes)) -le "$quota" ] ||
    refuse "$1 has $now of $quota managed policies and needs $more more: raise the quota of the account first"
  [ "${DETACH_FIRST:-}" = 1 ] ||
    refuse "$1 has $now of $quota managed policies and needs $more more before $goes can go: raise the quota, or" \
      'run this with DETACH_FIRST=1, which takes away before it gives and leaves the holder without for a moment'
}
