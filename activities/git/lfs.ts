/** Bytes of a pointer: about 130, and by its format never more than 1024. */
export const pointerBytes = { least: 100, most: 1_024 } as const;

const start = 'version https://git-lfs.github.com/spec/';

/** Whether a file is what Git LFS leaves in git in place of the file itself. */
export function isLfsPointer(content: Buffer): boolean {
  return content.length <= pointerBytes.most && content.toString('latin1', 0, start.length) === start;
}
