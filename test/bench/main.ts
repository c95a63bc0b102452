import { parseArgs } from 'node:util';
import { stopOnSignals } from '../../dev/stack/exit-guard.ts';
import { broken, report } from './report.ts';
import { runVariant } from './run.ts';
import { type Variant, variants } from './variants.ts';

const { values } = parseArgs({
  options: {
    variant: { type: 'string', multiple: true },
    nodes: { type: 'string' },
    'in-flight': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function refuse(sentence: string): never {
  process.stderr.write(`bench: ${sentence}\n`);
  process.exit(2);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 ? value : refuse(`--${option} takes a whole number from 1`);
}

function chosen(): Variant[] {
  const names = values.variant ?? variants.map(({ name }) => name).filter((name) => name !== 'big');
  return names.map((name) => {
    const variant = variants.find((one) => one.name === name);
    if (variant === undefined) {
      return refuse(`there is no variant ${name}; expected ${variants.map((one) => one.name).join(', ')}`);
    }
    return {
      ...variant,
      ...(values.nodes === undefined ? {} : { nodes: wholeNumber('nodes', values.nodes) }),
      ...(values['in-flight'] === undefined ? {} : { inFlight: wholeNumber('in-flight', values['in-flight']) }),
    };
  });
}

/** One variant after the other; see docs/bench.md for what the figures mean. */
async function main(): Promise<number> {
  const faults: string[] = [];
  for (const variant of chosen()) {
    const figures = await runVariant(variant, (line) => process.stderr.write(`${variant.name}: ${line}\n`));
    process.stdout.write(report(variant, figures, values.json));
    faults.push(...broken(variant, figures).map((sentence) => `${variant.name}: ${sentence}`));
  }
  for (const fault of faults) process.stderr.write(`bench: ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

// Clusters and Temporal end with this process.
stopOnSignals(async () => undefined);
process.exit(await main());
