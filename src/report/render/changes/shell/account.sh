
caller=$(aws sts get-caller-identity | jq -r .Account)
[ "$caller" = "$ACCOUNT" ] ||
  refuse "these are credentials of account $caller: use credentials of account $ACCOUNT"
