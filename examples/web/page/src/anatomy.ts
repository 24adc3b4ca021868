/** How a model is built, as far as the view of its states needs it. */

export interface Anatomy {
  /** Width of a state. */
  hidden: number;
  /** How often a segment updates z_H, and how often z_L before each of these. */
  hCycles: number;
  lCycles: number;
}

/** Returns what the text of a `config.json` says; undefined if it does not say all. */
export function anatomyOf(config: string): Anatomy | undefined {
  try {
    const data = JSON.parse(config);
    // The official training code keeps these keys in a part of their own.
    const { hidden_size: hidden, H_cycles: hCycles, L_cycles: lCycles } = { ...data, ...data.arch };
    return [hidden, hCycles, lCycles].every((count) => Number.isInteger(count) && count > 0) ? { hidden, hCycles, lCycles } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns what a model of the package or of the visitor's files is like. */
export async function anatomy(model: string | readonly File[] | undefined, bundled: Readonly<Record<string, string>>): Promise<Anatomy | undefined> {
  if (typeof model === 'string') return anatomyOf(bundled[model] ?? '');
  const file = model?.find((file) => file.name.endsWith('.json'));
  return file && anatomyOf(await file.text());
}
