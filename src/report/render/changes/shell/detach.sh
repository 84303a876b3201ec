
detach() {
  write "detach $2 from $1" aws iam "detach-${1%%/*}-policy" "--${1%%/*}-name=${1#*/}" "--policy-arn=$2"
}
