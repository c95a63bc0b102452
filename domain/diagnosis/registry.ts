import type { Rule } from './rule.ts';
import { admissionDenied } from './rules/admission/admission-denied.ts';
import { limitRangeExceeded } from './rules/admission/limit-range-exceeded.ts';
import { objectInvalid } from './rules/admission/object-invalid.ts';
import { podSecurity } from './rules/admission/pod-security.ts';
import { priorityClassMissing } from './rules/admission/priority-class-missing.ts';
import { quotaExceeded } from './rules/admission/quota-exceeded.ts';
import { runtimeClassMissing } from './rules/admission/runtime-class-missing.ts';
import { selectorMismatch } from './rules/admission/selector-mismatch.ts';
import { webhookUnavailable } from './rules/admission/webhook-unavailable.ts';
import { configMapMissing } from './rules/config/config-map-missing.ts';
import { keyMissing } from './rules/config/key-missing.ts';
import { secretMissing } from './rules/config/secret-missing.ts';
import { serviceAccountMissing } from './rules/config/service-account-missing.ts';
import { binaryMissing } from './rules/container/binary-missing.ts';
import { configRejected } from './rules/container/config-rejected.ts';
import { containerCreateFailed } from './rules/container/container-create-failed.ts';
import { crash } from './rules/container/crash.ts';
import { fileMissing } from './rules/container/file-missing.ts';
import { initContainerFailing } from './rules/container/init-container-failing.ts';
import { lifecycleHookFailing } from './rules/container/lifecycle-hook-failing.ts';
import { outOfMemory } from './rules/container/out-of-memory.ts';
import { permissionDenied } from './rules/container/permission-denied.ts';
import { readOnlyFileSystem } from './rules/container/read-only-file-system.ts';
import { runAsNonRoot } from './rules/container/run-as-non-root.ts';
import { diskFull } from './rules/image/disk-full.ts';
import { imageMissing } from './rules/image/image-missing.ts';
import { imageNeverPulled } from './rules/image/image-never-pulled.ts';
import { imageSignature } from './rules/image/image-signature.ts';
import { imageUnauthorised } from './rules/image/image-unauthorised.ts';
import { invalidImageName } from './rules/image/invalid-image-name.ts';
import { registryLimit } from './rules/image/registry-limit.ts';
import { registryUnreachable } from './rules/image/registry-unreachable.ts';
import { wrongArchitecture } from './rules/image/wrong-architecture.ts';
import { certificateRejected } from './rules/network/certificate-rejected.ts';
import { connectionRefused } from './rules/network/connection-refused.ts';
import { connectionTimedOut } from './rules/network/connection-timed-out.ts';
import { nameNotResolved } from './rules/network/name-not-resolved.ts';
import { deviceUnavailable } from './rules/node/device-unavailable.ts';
import { ephemeralStorageExceeded } from './rules/node/ephemeral-storage-exceeded.ts';
import { networkSetupFailed } from './rules/node/network-setup-failed.ts';
import { nodeNotReady } from './rules/node/node-not-ready.ts';
import { nodePressure } from './rules/node/node-pressure.ts';
import { nodeShutdown } from './rules/node/node-shutdown.ts';
import { preempted } from './rules/node/preempted.ts';
import { sandboxFailed } from './rules/node/sandbox-failed.ts';
import { stuckTerminating } from './rules/node/stuck-terminating.ts';
import { livenessProbeFailing } from './rules/probe/liveness-probe-failing.ts';
import { probeTimeout } from './rules/probe/probe-timeout.ts';
import { readinessProbeFailing } from './rules/probe/readiness-probe-failing.ts';
import { startupProbeFailing } from './rules/probe/startup-probe-failing.ts';
import { apiForbidden } from './rules/rights/api-forbidden.ts';
import { hostPortConflict } from './rules/schedule/host-port-conflict.ts';
import { insufficientResources } from './rules/schedule/insufficient-resources.ts';
import { nodeAffinityMismatch } from './rules/schedule/node-affinity-mismatch.ts';
import { taintNotTolerated } from './rules/schedule/taint-not-tolerated.ts';
import { unschedulable } from './rules/schedule/unschedulable.ts';
import { volumeZoneMismatch } from './rules/schedule/volume-zone-mismatch.ts';
import { hostPathMissing } from './rules/volume/host-path-missing.ts';
import { mountFailed } from './rules/volume/mount-failed.ts';
import { volumeClaimMissing } from './rules/volume/volume-claim-missing.ts';
import { volumeDriverMissing } from './rules/volume/volume-driver-missing.ts';
import { volumeTimeout } from './rules/volume/volume-timeout.ts';

/** Causes by what they are about, in the order of docs/failures.md. A new rule is a file under `rules/` and a line here. */
export const groups: readonly { title: string; rules: readonly Rule[] }[] = [
  {
    title: 'Images and registries',
    rules: [
      diskFull,
      imageMissing,
      imageNeverPulled,
      imageSignature,
      imageUnauthorised,
      invalidImageName,
      registryLimit,
      registryUnreachable,
      wrongArchitecture,
    ],
  },
  {
    title: 'Configuration that pods refer to',
    rules: [configMapMissing, keyMissing, secretMissing, serviceAccountMissing],
  },
  { title: 'Volumes', rules: [hostPathMissing, mountFailed, volumeClaimMissing, volumeDriverMissing, volumeTimeout] },
  {
    title: 'What the API server refuses',
    rules: [
      admissionDenied,
      limitRangeExceeded,
      objectInvalid,
      podSecurity,
      priorityClassMissing,
      quotaExceeded,
      runtimeClassMissing,
      selectorMismatch,
      webhookUnavailable,
    ],
  },
  {
    title: 'A place on the node',
    rules: [
      hostPortConflict,
      insufficientResources,
      nodeAffinityMismatch,
      taintNotTolerated,
      unschedulable,
      volumeZoneMismatch,
    ],
  },
  {
    title: 'The node and its pods',
    rules: [
      deviceUnavailable,
      ephemeralStorageExceeded,
      networkSetupFailed,
      nodeNotReady,
      nodePressure,
      nodeShutdown,
      preempted,
      sandboxFailed,
      stuckTerminating,
    ],
  },
  { title: 'Rights of the program', rules: [apiForbidden] },
  {
    title: 'Containers and programs',
    rules: [
      binaryMissing,
      configRejected,
      containerCreateFailed,
      crash,
      fileMissing,
      initContainerFailing,
      lifecycleHookFailing,
      outOfMemory,
      permissionDenied,
      readOnlyFileSystem,
      runAsNonRoot,
    ],
  },
  { title: 'Probes', rules: [livenessProbeFailing, probeTimeout, readinessProbeFailing, startupProbeFailing] },
  {
    title: 'The network, from logs',
    rules: [certificateRejected, connectionRefused, connectionTimedOut, nameNotResolved],
  },
];

/** Every rule. */
export const rules: readonly Rule[] = groups.flatMap((group) => group.rules);
