#!/bin/sh
# A scan in shards, and the merge: makes both jobs and waits for them. Ends as the merge does: 3 when the report is there and names
# accounts that could not be read, 5 when unused access was found. For whatever runs it each night: a pipeline, Argo, a CronJob of
# your own with a role that may make jobs in this namespace.
set -eu
here=$(dirname "$0")
namespace=leastwise

# So many failures in a row are borne, and so long is waited between two questions: an API server that is being upgraded is away
# for some minutes, and the job goes on meanwhile.
most=40 pause=15

# What kubectl tells of something, now or a little later.
told() {
  failed=0
  until kubectl --namespace "$namespace" get "$@"; do
    failed=$((failed + 1))
    if [ "$failed" -ge "$most" ]; then
      echo "kubectl get $1 failed $failed times in a row; the job may go on: look with kubectl --namespace $namespace get jobs" >&2
      return 1
    fi
    sleep "$pause"
  done
}

# Waits until a job has ended, well or not.
ended() {
  while :; do
    ends=$(told "$1" --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case " $ends " in
      *" Complete "* | *" Failed "*) return ;;
    esac
    sleep "$pause"
  done
}

scan=$(kubectl create --filename "$here/indexed-job.yaml" --output name)
echo "scan: $scan" >&2
ended "$scan"

# A shard that could not read an account has failed for Kubernetes and has left its part: whether all are there is for the merge to
# tell.
merge=$(kubectl create --filename "$here/merge-job.yaml" --output name)
echo "merge: $merge" >&2
ended "$merge"

code=$(told pods --selector "batch.kubernetes.io/job-name=${merge#job.batch/}" \
  --sort-by .metadata.creationTimestamp \
  --output 'jsonpath={.items[-1:].status.containerStatuses[0].state.terminated.exitCode}')
exit "${code:-1}"
