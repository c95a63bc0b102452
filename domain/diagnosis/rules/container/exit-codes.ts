/** What an exit code says by itself; nothing for codes that are the program's own. */
export function exitCodeInWords(exitCode: number): string {
  const known: Record<number, string> = {
    0: "it ended without an error, but a DaemonSet's program must not end",
    126: 'the command was found and cannot be executed: no permission, or no program',
    127: 'the command was not found in the image',
    128: 'the container could not be started',
    132: 'SIGILL: an instruction that this processor does not know',
    134: 'SIGABRT: the program gave up, e.g. by an assertion',
    135: 'SIGBUS: a bad memory access, or a truncated file',
    137: 'SIGKILL: killed from outside, by the memory limit, the kubelet, or because it did not stop in time',
    139: 'SIGSEGV: a bad memory access in the program or one of its libraries',
    141: 'SIGPIPE: what it wrote to was closed',
    143: 'SIGTERM: it was asked to stop, by the kubelet or a person',
    255: 'a status out of range, or the node went down under it',
  };
  return known[exitCode] ?? (exitCode > 128 && exitCode < 160 ? `signal ${exitCode - 128}` : '');
}
