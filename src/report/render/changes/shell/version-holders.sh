new=$(others "$ARN" "${HOLDERS[@]}")
[ -z "$new" ] || refuse "policy $ARN is now used by $new, who may need more: scan again"
