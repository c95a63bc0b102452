/** One object that `git cat-file --batch` returned. */
export interface BatchObject {
  object: string;
  type: string;
  content: Buffer;
}

/**
 * Reads the output of `git cat-file --batch`, or of `--batch-check`, which has no contents: `OBJECT TYPE SIZE`, then the
 * bytes and a line break. An object that does not exist is `undefined`.
 */
export function parseBatch(output: Buffer, withContents: boolean): (BatchObject | undefined)[] {
  const objects: (BatchObject | undefined)[] = [];
  let offset = 0;
  while (offset < output.length) {
    const end = output.indexOf(0x0a, offset);
    if (end === -1) break;
    const header = output.toString('utf8', offset, end);
    offset = end + 1;
    const match = /^([0-9a-f]+) (\w+) (\d+)$/.exec(header);
    if (match === null) {
      objects.push(undefined);
      continue;
    }
    const [, object = '', type = '', size = ''] = match;
    const bytes = withContents ? Number(size) : 0;
    objects.push({ object, type, content: output.subarray(offset, offset + bytes) });
    if (withContents) offset += bytes + 1;
  }
  return objects;
}
