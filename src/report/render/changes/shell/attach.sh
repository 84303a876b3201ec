
attach() {
  write "attach $2 to $1" aws iam "attach-${1%%/*}-policy" "--${1%%/*}-name=${1#*/}" "--policy-arn=$2"
}
