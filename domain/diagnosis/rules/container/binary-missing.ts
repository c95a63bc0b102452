import { nameOr, type Rule, seek, speaker } from '../../rule.ts';
import { crashes, creation, probes } from '../symptoms.ts';

const byRuntime = [
  /exec: "(?<program>[^"]{1,200})": executable file not found in \$PATH/,
  /exec: "(?<program>[^"]{1,200})": (?:stat \S+: )?no such file or directory/,
  /failed to create containerd task: .{0,200}the file (?<program>[\w./-]{1,200}) was not found/,
  /executable file [`'"](?<program>[^`'"]{1,200})[`'"] not found/i,
  /unable to start container process: .{0,200}exec: "(?<program>[^"]{1,200})": .{0,120}no such file or directory/,
];
const byShell = [
  /^(?:\/bin\/)?(?:ba|da|a|z)?sh: (?:line )?(?:\d+: )?(?<program>[\w./-]{1,200}): (?:command )?not found/,
  /^exec (?<program>[\w./-]{1,200}): no such file or directory/,
  /exec user process caused:? "?no such file or directory/,
];

/** The command of the container is not in its image. */
export const binaryMissing: Rule = {
  cause: 'BinaryMissing',
  row: {
    shows:
      '`RunContainerError` or `StartError` with `executable file not found in $PATH` or `no such file or directory`; exit code 127',
    means:
      'the program that `command` or the image names is not in the image; or a script names an interpreter, or a program a loader, that is not',
    todo: 'correct `command` in git, or the image; a shell is often missing in minimal images',
  },
  best: 'high',
  rank: 3,
  explains: [...crashes, ...creation, ...probes, 'FileMissing'],
  changedBy: /\.(?:image|command|args)\b/,
  find(facts) {
    const runtime = seek(facts, ['waiting', 'event', 'ended'], byRuntime);
    const hit = runtime ?? seek({ ...facts, quotes: facts.quotes.filter(endsWithout) }, ['log'], byShell);
    if (hit === null) return null;
    const program = nameOr(
      hit.get('program').replace(/^\.?\//, (slash) => `x${slash}`),
      '',
    ).replace(/^x/, '');
    return {
      quotes: [hit.quote],
      confidence: runtime === null && hit.quote.fromEnd > 2 ? 'medium' : 'high',
      what: `The command${program === '' ? '' : ` "${program}"`} of ${speaker(facts, hit.quote)} is not in its image.`,
      nextStep:
        'Correct command and args in git, or build the image with this program, its interpreter and its libraries.',
    };
  },
};

/** A line of a shell counts only when the run ended with the code for it. */
function endsWithout({ container }: { container?: { terminated?: { exitCode: number } } }): boolean {
  return [1, 2, 127, 128].includes(container?.terminated?.exitCode ?? 0);
}
