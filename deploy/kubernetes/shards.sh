#!/bin/sh
# A scan in shards, and the merge: makes both jobs and waits for them. Ends as the merge does: 3 when the report is there and names
# accounts that could not be read, 5 when unused access was found. For whatever runs it each night: a pipeline, Argo, a CronJob of
# your own with a role that may make jobs in this namespace.
set -eu
here=$(dirname "$0")
namespace=leastwise

# Waits until a job has ended, well or not.
ended() {
  while :; do
    ends=$(kubectl --namespace "$namespace" get "$1" \
      --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case " $ends " in
      *" Complete "* | *" Failed "*) return ;;
    esac
    sleep 15
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

code=$(kubectl --namespace "$namespace" get pods --selector "batch.kubernetes.io/job-name=${merge#job.batch/}" \
  --sort-by .metadata.creationTimestamp \
  --output 'jsonpath={.items[-1:].status.containerStatuses[0].state.terminated.exitCode}')
exit "${code:-1}"
