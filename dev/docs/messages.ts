import { writeFileSync } from 'node:fs';
import { exampleOf } from '../../domain/rollout/accept.ts';
import { messageTableMarkdown, rolloutMessages } from '../../domain/rollout/message-table.ts';

/** docs/messages.md, from the table that decides. Written by `node dev/run.mjs dev/docs/messages.ts`. */
export function messagesPage(): string {
  const examples = rolloutMessages.map((message) => `| \`${message}\` | \`${exampleOf(message, null)}\` |`);
  return `<!-- Written by "node dev/run.mjs dev/docs/messages.ts" from domain/rollout/message-table.ts. Do not edit. -->

# Messages to a rollout

A rollout is steered by Temporal Updates, from the command line (\`nodewave pause ds/agent -n monitoring\`), from the Temporal
UI or by any client. Each takes one JSON object. \`by\` says who sends it and must not be empty; \`reason\` is kept in the log.
\`approve\` and \`reject\` name the plan that you looked at by the first 8 or more characters of its digest.

| message | example |
|---|---|
${examples.join('\n')}

- \`pause\` with \`mode: now\` (the default) deletes no further pod; with \`mode: afterBatch\` the running batch is finished first.
- \`retry\` judges a stopped batch again; with \`ignoreGate: true\` the nodes whose gate is red are passed on your word.
- \`overrideWindow\` lets this rollout take nodes outside of its [windows](windows.md); \`reason\` is required. Refused where the
  policy has no windows. The brake of the cluster holds it all the same.
- \`reject\` before a batch ends the rollout without touching a node; after a batch it puts the touched nodes back.
- A message that is refused changes nothing, and the refusal says why and what would be accepted.
- Once the rollout has ended, \`retry\`, \`rollback\` and \`release-quarantine\` go to the application.
- While the whole application is paused (\`nodewave pause APP\`) its rollouts take \`abort\` and nothing else.

## What each message does in each phase

"Live template" is what a new or restarted pod gets once the message has taken effect; "pods deleted" says which pods Nodewave
deletes because of it.

${messageTableMarkdown()}
`;
}

if (import.meta.main) {
  writeFileSync(new URL('../../docs/messages.md', import.meta.url), messagesPage());
  process.stdout.write('docs/messages.md written\n');
}
