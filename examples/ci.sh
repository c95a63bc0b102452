#!/bin/sh
# Tells Nodewave that a branch or tag has moved, for CI systems and for git servers without webhooks:
#
#   NODEWAVE_WEBHOOK_URL=https://nodewave.example.com/webhooks/generic/ci \
#   NODEWAVE_WEBHOOK_SECRET_FILE=/run/secrets/nodewave sh ci.sh
#
# Or reports what a check says of a commit, which gates of kind report wait for:
#
#   NODEWAVE_WEBHOOK_URL=https://nodewave.example.com/webhooks/ci/reports \
#   NODEWAVE_WEBHOOK_SECRET_FILE=/run/secrets/nodewave-reports sh ci.sh report e2e-tests passed
#
# NODEWAVE_WEBHOOK_URL          address of a receiver with provider "generic", for a report with provider "ci"
# NODEWAVE_WEBHOOK_SECRET_FILE  file with the receiver's secret; or NODEWAVE_WEBHOOK_SECRET, the secret itself
# NODEWAVE_REPOSITORY           address of the repository; that of the remote "origin" without it
# NODEWAVE_REF                  branch, tag or full ref; the CI system's variable or the branch that is checked out without it
# NODEWAVE_COMMIT               for a report: the full commit; the CI system's variable or what is checked out without it
# NODEWAVE_REPORT_URL           for a report: where to read on; may be left out
#
# A push only says where to look: what git holds at that ref decides. A report is taken at its word, so it has a receiver with a
# secret of its own. Requests are signed as standardwebhooks.com describes.
# Exit code 0: Nodewave has it, whatever happens to this job. 1: not accepted. 2: something is not set.
#
# Signed and sent by Node 18 or newer where there is one: the secret then stays out of every command line. Else by openssl and
# curl, which most CI images have; openssl takes its key as an argument, so for that moment other users of the same machine
# could read it in the list of processes.
set -eu

fail() {
  echo "nodewave: $2" >&2
  exit "$1"
}

url=${NODEWAVE_WEBHOOK_URL:-}
[ -n "$url" ] || fail 2 "NODEWAVE_WEBHOOK_URL is not set: the address of a receiver"

secret=${NODEWAVE_WEBHOOK_SECRET:-}
if [ -z "$secret" ] && [ -n "${NODEWAVE_WEBHOOK_SECRET_FILE:-}" ]; then
  secret=$(cat "$NODEWAVE_WEBHOOK_SECRET_FILE") || fail 2 "$NODEWAVE_WEBHOOK_SECRET_FILE cannot be read"
fi
[ -n "$secret" ] || fail 2 "NODEWAVE_WEBHOOK_SECRET_FILE (or NODEWAVE_WEBHOOK_SECRET) is not set"

repository=${NODEWAVE_REPOSITORY:-$(git config --get remote.origin.url || true)}
[ -n "$repository" ] || fail 2 "NODEWAVE_REPOSITORY is not set, and there is no remote called origin"

case "${1:-push}" in
  push)
    ref=${NODEWAVE_REF:-${GITHUB_REF:-${CI_COMMIT_REF_NAME:-$(git symbolic-ref --quiet --short HEAD || true)}}}
    [ -n "$ref" ] || fail 2 "NODEWAVE_REF is not set, and no branch is checked out"
    texts=$repository$ref
    body="{\"repository\":\"$repository\",\"ref\":\"$ref\"}"
    ;;
  report)
    check=${2:-}
    outcome=${3:-}
    [ -n "$check" ] || fail 2 "which check? Write: ci.sh report CHECK passed|failed"
    case $outcome in
      passed | failed) ;;
      *) fail 2 "\"$outcome\" is no outcome. Write: ci.sh report $check passed|failed" ;;
    esac
    commit=${NODEWAVE_COMMIT:-${GITHUB_SHA:-${CI_COMMIT_SHA:-$(git rev-parse --quiet --verify HEAD || true)}}}
    [ -n "$commit" ] || fail 2 "NODEWAVE_COMMIT is not set, and nothing is checked out"
    more=${NODEWAVE_REPORT_URL:+,\"url\":\"$NODEWAVE_REPORT_URL\"}
    texts=$repository$check$commit${NODEWAVE_REPORT_URL:-}
    body="{\"type\":\"report\",\"commit\":\"$commit\",\"check\":\"$check\",\"outcome\":\"$outcome\",\"repository\":\"$repository\"$more}"
    ;;
  *) fail 2 "\"$1\" is neither push nor report" ;;
esac
case "$texts" in
  *[\"\\]*) fail 2 "repository, ref, check, commit and URL must not contain quotes or backslashes" ;;
esac
# One id for all attempts of this run: a request that arrives twice is one request.
timestamp=$(date +%s)
id="ci-$timestamp-$$"

by_node() {
  url=$url secret=$secret body=$body timestamp=$timestamp id=$id node -e '
    const { createHmac } = require("node:crypto");
    const { url, secret, body, timestamp, id } = process.env;
    const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret;
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    };
    const send = async (attemptsLeft) => {
      const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(15000) }).catch(
        (error) => ({ status: 0, text: async () => String(error.cause ?? error) }),
      );
      const text = await answer.text();
      if (attemptsLeft > 1 && (answer.status === 0 || answer.status >= 500)) {
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return send(attemptsLeft - 1);
      }
      console.log(text);
      console.error(`nodewave: ${answer.status === 0 ? "no answer" : `HTTP ${answer.status}`}`);
      process.exitCode = answer.status === 202 ? 0 : 1;
    };
    send(4);
  '
}

by_openssl() {
  case $secret in
    whsec_*) key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n') ;;
    *) key=$(printf %s "$secret" | od -An -v -tx1 | tr -d ' \n') ;;
  esac
  signature=$(printf %s "$id.$timestamp.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
  status=$(curl --silent --show-error --max-time 15 --retry 3 --retry-delay 2 --retry-connrefused \
    --output /dev/stdout --write-out '\n%{http_code}' \
    --header 'content-type: application/json' \
    --header "webhook-id: $id" --header "webhook-timestamp: $timestamp" --header "webhook-signature: v1,$signature" \
    --data-raw "$body" "$url") || fail 1 "no answer from $url"
  printf '%s\n' "$status" | sed '$d'
  code=$(printf '%s\n' "$status" | tail -n 1)
  echo "nodewave: HTTP $code" >&2
  [ "$code" = 202 ]
}

if command -v node >/dev/null 2>&1 && node -e 'process.exit(typeof fetch === "function" ? 0 : 1)'; then
  by_node
elif command -v openssl >/dev/null 2>&1 && command -v curl >/dev/null 2>&1; then
  by_openssl
else
  fail 2 "neither Node 18 or newer nor openssl and curl are installed"
fi
