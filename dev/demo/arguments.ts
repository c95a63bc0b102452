/** What `npm run demo` was asked for. */
export interface DemoArguments {
  /** Leave everything running in the end. */
  keep: boolean;
  /** Print the figures as JSON on the last line of stdout. */
  json: boolean;
}

/** How the demo is called. */
export const usage = `usage: npm run demo -- [--keep] [--json]
  --keep   leave the stack running in the end, to look around
  --json   print the figures as one line of JSON at the end of standard output; the story goes to standard error`;

/** Reads the arguments; a sentence when they are wrong. */
export function parseArguments(args: readonly string[]): DemoArguments | string {
  const unknown = args.filter((arg) => arg !== '--keep' && arg !== '--json');
  if (unknown.length > 0) return `unknown argument ${unknown.join(' ')}\n${usage}`;
  return { keep: args.includes('--keep'), json: args.includes('--json') };
}
