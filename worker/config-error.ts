/** A setting that cannot be used. The message names the variable or file and line, what is wrong and what to do. */
export class ConfigError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
