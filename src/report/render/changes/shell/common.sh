say() { printf '%s\n' "$*"; }

refuse() {
  printf 'refused: %s\n' "$*" >&2
  exit 1
}

# A step that writes. It is told first; with DRY_RUN it is only told.
write() {
  case ${DRY_RUN:-0} in
    0) say "$1" ;;
    *) say "would $1"; return 0 ;;
  esac
  shift
  "$@" >/dev/null
}

# Asks AWS. What is not there is an empty answer; any other error ends this.
ask() {
  local answer
  if answer=$("$@" 2>"$tmp/error"); then
    printf '%s\n' "$answer"
  elif ! grep -q -e 'An error occurred (NoSuchEntity) when calling' \
    -e 'An error occurred (ResourceNotFoundException) when calling' "$tmp/error"; then
    cat "$tmp/error" >&2
    return 1
  fi
}

command -v aws >/dev/null || refuse 'there is no aws: install the AWS CLI, version 1 or 2'
jq -n '$ARGS' --args x >/dev/null 2>&1 || refuse 'there is no jq: install jq, version 1.6 or later'
command -v sha256sum >/dev/null || command -v shasum >/dev/null || refuse 'there is no sha256sum: install coreutils'

export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_CLI_AUTO_PROMPT=off PYTHONUTF8=1
# Version 1 of the CLI does not read AWS_REGION.
if [ -n "${AWS_REGION:-}" ]; then export AWS_DEFAULT_REGION=$AWS_REGION; fi
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
