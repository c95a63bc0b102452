/** Signature schemes; the path of the request picks one, never its headers. `ci` is `generic` for reports instead of pushes. */
export type Provider = (typeof providers)[number];

/** All of them. */
export const providers = ['github', 'generic', 'ci'] as const;
