#!/bin/sh
# Shards that share no folder: each leaves its part in a bucket; the merge fetches all of them and leaves the report there. For an
# array job of AWS Batch without EFS, and for whatever else has the AWS CLI beside leastwise, which itself writes nothing to AWS.
#
#   s3.sh shard s3://BUCKET/PREFIX RUN SHARDS [what `leastwise scan` takes]
#   s3.sh merge s3://BUCKET/PREFIX RUN [what `leastwise merge` takes]
#
# RUN is a new name each night, such as the date: letters, digits, `.`, `_` and `-`. What it leaves is PREFIX/RUN/parts and
# PREFIX/RUN/report. It works in a folder of its own below the current one.
set -eu

usage() {
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# carry FROM TO [OPTION...]. The AWS CLI ends with 2 when it left a file out; as the end of a job 2 is a wrong flag, which nobody tries
# again.
carry() {
  aws s3 sync --only-show-errors "$@" || exit 1
}

[ $# -ge 3 ] || usage
case $2 in
  s3://?*) ;;
  *) usage ;;
esac
case $3 in
  '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) usage ;;
esac
what=$1 run=$3 where=${2%/}/$3
shift 3

work=$(mktemp -d "$PWD/s3.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/parts"
code=0

case $what in
  shard)
    [ $# -ge 1 ] || usage
    of=$1
    shift
    leastwise scan --shard "auto/$of" --parts "$work/parts" --run-id "$run" "$@" || code=$?
    case $code in
      # 3: some accounts could not be read. The part is there, and the merge tells again which.
      0 | 3) ;;
      *) exit "$code" ;;
    esac
    for part in "$work"/parts/shard-*; do
      # What an earlier try of this shard has left goes.
      carry "$part" "$where/parts/${part##*/}" --delete
    done
    ;;
  merge)
    carry "$where/parts" "$work/parts"
    leastwise merge "$work/parts" --out "$work/report" "$@" || code=$?
    case $code in
      # 4: the report is there, and what leastwise did wrong lies under its defects/. 3 and 5 tell of a finished run as well.
      0 | 3 | 4 | 5) ;;
      *) exit "$code" ;;
    esac
    carry "$work/report" "$where/report" --delete
    exit "$code"
    ;;
  *) usage ;;
esac
