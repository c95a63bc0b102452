/** Ways in which a program that does not run shows at its pod; they follow from what stops it. */
export const crashes = ['Crash', 'InitContainerFailing'] as const;

/** Ways in which a program that does not answer shows. */
export const probes = ['LivenessProbeFailing', 'StartupProbeFailing', 'ReadinessProbeFailing', 'ProbeTimeout'] as const;

/** Ways in which a volume that is not there shows. */
export const mounts = ['MountFailed', 'VolumeTimeout'] as const;

/** Ways in which a container that cannot be made shows. */
export const creation = ['ContainerCreateFailed'] as const;
