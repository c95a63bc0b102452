/** One batch of the plan. */
export interface PlannedBatch {
  name: string;
  /** As written, e.g. "10%". */
  nodes: string;
  /** How many nodes are on the target after it, at planning time. */
  goal: number;
  approval?: 'before' | 'after';
  soakMs: number;
  /** The nodes that this batch adds, by zone and by pool; absent where there are too many batches to say so. */
  zones?: Record<string, number>;
  pools?: Record<string, number>;
}

/** What was seen when the plan was made; shown to people, not hashed. */
export interface NodeCensus {
  eligible: number;
  /** Eligible nodes by zone, and by pool where nodes carry a pool label. */
  zones: Record<string, number>;
  pools: Record<string, number>;
}
