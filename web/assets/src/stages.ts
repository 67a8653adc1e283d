// How far a board is, over all stages of the worker.

// Start and span in percent. Upscaling is most of the time; the server sums the same way
// (see web/views.py), so that a card drawn by it and a bar moved here agree.
const STAGES: Readonly<Record<string, readonly [start: number, span: number]>> = {
  fetch: [0, 4],
  decode: [4, 6],
  upscale: [10, 75],
  encode: [85, 10],
  store: [95, 5],
};

/** Percent of the whole for `progress` (0 to 1) within `stage`; 0 for a stage that is unknown. */
export function percentOf(stage: string, progress: number): number {
  const [start, span] = STAGES[stage] ?? [0, 0];
  return Math.round(start + span * Math.min(1, Math.max(0, progress)));
}
